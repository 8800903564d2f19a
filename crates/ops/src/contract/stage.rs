//! What a plan computes, as data: fusion matches it.

use crate::color::ColorConversion;
use crate::gather::Gather;
use crate::host::strips::StripStage;
use crate::image::ImageShape;
use crate::resize::Tables;
use crate::sobel::SobelOutput;
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
