//! Fusion: a chain of operators becomes one launch.
//!
//! A plan that can be part of a chain describes its computation as data, its [`Stage`]. [`fuse`] looks for the first rule in
//! [`RULES`] whose pattern matches the stages of a chain and which makes one plan of them. Between two stages a value is
//! rounded as the single operators round it, so that the output is the same with and without fusion.
//!
//! Which nodes of a graph follow one another, so that they can be a chain (each intermediate image has one consumer and is no
//! output), is decided by the pipeline. This module sees sequences of stages only; [`partition`] splits them into chains.

mod one_stage;
mod rules;
mod sample;
mod stencil;
mod strips;

pub use crate::contract::Stage;
pub(crate) use one_stage::as_chain;
use rules::LongestChain;
pub use rules::{RULES, Rule, Segment, fuse, partition};
pub(crate) use sample::pixels::PixelSteps;
pub(crate) use strips::executor as strips_executor;
#[cfg(test)]
pub(crate) use strips::tests::operator as any_operator;

use crate::image::ImageShape;
use std::fmt;

/// The reason why stages are not one chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No rule of the device has a pattern that matches this sequence of operators.
    NoRule,
    /// The pattern of the rule with this name matches, but the rule cannot take these shapes or parameters; with the reason.
    Rule(&'static str, String),
    /// A stage reads images of another shape than the stage before it makes.
    Gap {
        /// Kind of the operator that reads.
        operator: &'static str,
        /// The shape that the stage before makes.
        made: ImageShape,
        /// The shape that the stage reads.
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
