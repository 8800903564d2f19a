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

use rules::Finder;
pub use rules::{Piece, RULES, Rule, cut, fuse};
pub(crate) use sample::ColourArgs;
pub(crate) use single::fast;

use crate::gather::Gather;
use crate::host::{BoundStrips, StripCode, StripStage};
use crate::resize::Tables;
use crate::{ColorConversion, ImageBatch, ImageParam, ImageShape, SobelOutput};
use bytemuck::NoUninit;
use pixelflume_device::{Address, Args};
use std::fmt;
use std::sync::Arc;

/// What one plan computes from one image, as data.
#[derive(Clone)]
pub struct Stage {
    /// Name of the operator.
    pub(crate) operator: &'static str,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    pub(crate) action: Action,
    /// What makes single strips of it on the host.
    pub(crate) host: Arc<dyn StripStage>,
}

impl Stage {
    /// Name of the operator, as pipeline files write it.
    pub fn operator(&self) -> &'static str {
        self.operator
    }

    /// Shape of the image read.
    pub fn input(&self) -> ImageShape {
        self.input
    }

    /// Shape of the image made.
    pub fn output(&self) -> ImageShape {
        self.output
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.operator, self.input, self.output)
    }
}

/// Host code with the arguments of an operator between images of these shapes, which are nowhere yet.
pub(crate) fn strips<A: NoUninit>(
    code: Arc<dyn StripCode>,
    (input, output): (ImageShape, ImageShape),
    param: fn(&ImageBatch) -> ImageParam,
    args: impl FnOnce(ImageParam, ImageParam) -> A,
) -> Arc<dyn StripStage> {
    let param = |shape| param(&ImageBatch::tight(shape, 1, Address::NULL));
    let args = Args::of(&args(param(input), param(output)));
    Arc::new(BoundStrips { code, args })
}

/// What a stage does to its image, with all parameters.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Each pixel by itself, from one number of channels to another.
    Color(ColorConversion),
    /// An NV12 frame, as a gray image with half as many rows again, to RGB.
    Nv12,
    /// Bilinear, exactly half, or nearest, by these tables.
    Resize(Arc<Tables>),
    /// Crop, flip, pad.
    Gather(Gather),
    /// Resize by the tables into the inner rectangle of the gather, whose constant is around it.
    Letterbox(Arc<Tables>, Gather),
    /// p > threshold ? maximum : 0, each sample by itself.
    Threshold { threshold: u8, maximum: u8 },
    /// p * a + b for each channel; sample type and layout are those of the stage's output.
    Normalize { factors: [(f32, f32); 4] },
    /// The taps on each axis, `size` of them, mirrored, with the sum 256.
    Blur { size: u32, taps: [u16; 32] },
    /// 3x3 derivatives of the gray image, or their magnitude.
    Sobel(SobelOutput),
    /// Something of which rules know nothing but that it makes an image from an image.
    Other,
}

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
