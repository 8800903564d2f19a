//! Stages: the computations of plans as data, which fusion matches.

mod chain_step;
mod color_map;
mod gather_map;
mod normalize_tables;
mod resample_step;
mod resample_tables;
mod resize_tables;

pub use chain_step::ChainStep;
pub(crate) use chain_step::{EraseStep, GatherStep};
pub(crate) use color_map::{ColorMap, SampleSource};
pub(crate) use gather_map::{BorderMode, GatherMap};
pub(crate) use normalize_tables::{ChannelSteps, NormalizeTables};
pub(crate) use resample_step::{ResampleStep, WindowAxis, WindowFilter, WindowWeights};
pub(crate) use resample_tables::{AxisWeights, ResampleAxis, ResampleTables, Span};
pub(crate) use resize_tables::{ResizeAxis, ResizeTables, Tap};

use crate::host::strips::StripStage;
use crate::image::ImageShape;
use std::fmt;
use std::sync::Arc;

/// The computation of a plan with one input, as data.
#[derive(Clone)]
pub struct Stage {
    /// Kind of the operator.
    pub(crate) operator: &'static str,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    pub(crate) action: Action,
    /// Computes single strips of the output on the host.
    pub(crate) host: Arc<dyn StripStage>,
}

impl Stage {
    /// The kind of the operator, for example `gaussian_blur`.
    pub fn operator(&self) -> &'static str {
        self.operator
    }

    /// The shape of the images that the stage reads.
    pub fn input(&self) -> ImageShape {
        self.input
    }

    /// The shape of the images that the stage makes.
    pub fn output(&self) -> ImageShape {
        self.output
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.operator, self.input, self.output)
    }
}

/// The operation of a stage with all its parameters.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A change of colors, pixel by pixel.
    Color(ColorMap),
    /// The conversion of an NV12 frame, given as a gray image of 3/2 of the height, to RGB.
    Nv12,
    /// A resize by these tables.
    Resize(Arc<ResizeTables>),
    /// A resample by these tables: a horizontal and a vertical pass.
    Resample(Arc<ResampleTables>),
    /// A crop, flip or pad.
    Gather(GatherMap),
    /// A resize by the tables to the inner rectangle of the map, with the map's constant around it.
    Letterbox(Arc<ResizeTables>, GatherMap),
    /// A crop, then this operation on what is left.
    Cropped(GatherStep, Box<Action>),
    /// `p > threshold ? maximum : 0` for each sample `p`.
    Threshold { threshold: u8, maximum: u8 },
    /// A floating-point number for each sample, by the table of its channel. The stage's output has the sample type and layout.
    Normalize { tables: Arc<NormalizeTables> },
    /// A separable blur with the first `size` taps on each axis, in 1/256. They are symmetric and sum to 256.
    Blur { size: u32, taps: [u16; 32] },
    /// The magnitude of the 3x3 derivatives of a gray image, which is the input, or the result of the map `gray` for inputs with
    /// more channels.
    SobelMagnitude { gray: Option<ColorMap> },
    /// Any other operation. Only rules that take every stage can take it.
    Other,
}
