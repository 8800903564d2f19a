//! What a plan computes, as data: fusion matches it.

mod color_map;
mod gather_map;
mod resize_tables;

pub(crate) use color_map::{ColorMap, SampleSource};
pub(crate) use gather_map::{BorderMode, GatherMap};
pub(crate) use resize_tables::{ResizeTables, Tap};

use crate::host::strips::StripStage;
use crate::image::ImageShape;
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

/// What a stage does to its image, with all parameters.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Each pixel by itself, from one number of channels to another.
    Color(ColorMap),
    /// An NV12 frame, as a gray image with half as many rows again, to RGB.
    Nv12,
    /// Bilinear, exactly half, or nearest, by these tables.
    Resize(Arc<ResizeTables>),
    /// Crop, flip, pad.
    Gather(GatherMap),
    /// Resize by the tables into the inner rectangle of the gather, whose constant is around it.
    Letterbox(Arc<ResizeTables>, GatherMap),
    /// p > threshold ? maximum : 0, each sample by itself.
    Threshold { threshold: u8, maximum: u8 },
    /// p * a + b for each channel; sample type and layout are those of the stage's output.
    Normalize { factors: [(f32, f32); 4] },
    /// The taps on each axis, `size` of them, mirrored, with the sum 256.
    Blur { size: u32, taps: [u16; 32] },
    /// The magnitude of the 3x3 derivatives of a gray image: the input, or what `gray` makes of it.
    SobelMagnitude { gray: Option<ColorMap> },
    /// Something of which rules know nothing but that it makes an image from an image.
    Other,
}
