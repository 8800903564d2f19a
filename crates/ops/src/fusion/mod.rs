//! Fusion: a run of operators as one launch.
//!
//! A plan that can be part of such a run says what it computes as data, its [`Stage`]. [`fuse`] looks for the rule of
//! [`RULES`] whose pattern the stages of a run match, and lets it make the one plan that computes them all. Between two
//! stages a value is rounded as the single operators round it, so that no output shows whether a plan was fused.
//!
//! What may be a run (an intermediate with one consumer that is no output) is a question of the graph, which the pipeline
//! answers; this module knows chains only.

mod rules;
mod sample;
mod single;
mod stencil;
mod strips;

pub use crate::contract::Stage;
use rules::Finder;
pub use rules::{Piece, RULES, Rule, cut, fuse};
pub(crate) use single::fast;

use crate::image::ImageShape;
use std::fmt;

/// Why a run was not fused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No rule for this device has such a sequence of operators.
    NoRule,
    /// The rule of this name has, but cannot take these shapes or parameters.
    Rule(&'static str, String),
    /// A stage of this operator reads another shape than the stage before it makes.
    Gap {
        /// Name of the operator.
        operator: &'static str,
        /// What there is.
        made: ImageShape,
        /// What it reads.
        read: ImageShape,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoRule => f.write_str("no rule for this sequence of operators"),
            Refusal::Rule(name, reason) => write!(f, "rule {name}: {reason}"),
            Refusal::Gap {
                operator,
                made,
                read,
            } => write!(f, "{operator} was planned for {read}, and gets {made}"),
        }
    }
}
