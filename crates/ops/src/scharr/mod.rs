//! The operator `scharr`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, SampleType};
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::ScharrHost;
use pixelflume_kernels::args::ScharrArgs;
use std::sync::Arc;

const KIND: &str = "scharr";

/// The derivative that a [`Scharr`] operator gives.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[repr(u32)]
#[non_exhaustive]
pub enum ScharrOutput {
    /// The derivative along x, i16, -4080 to 4080.
    #[default]
    Dx = 0,
    /// The derivative along y, i16, -4080 to 4080.
    Dy = 1,
}

impl ScharrOutput {
    /// Every output.
    pub const ALL: [ScharrOutput; 2] = [ScharrOutput::Dx, ScharrOutput::Dy];

    /// The name that pipeline files use, for example `dx`.
    pub const fn name(self) -> &'static str {
        match self {
            ScharrOutput::Dx => "dx",
            ScharrOutput::Dy => "dy",
        }
    }
}

text_by_name!(ScharrOutput, KIND, "output");

/// The 3x3 Scharr derivatives of 8-bit images. Kind: `scharr`, parameter `output`.
///
/// Formula: OpenCV's `Scharr` with `CV_16S`: [-1 0 1] x [3 10 3], exact in integers, border reflect-101. Takes interleaved u8
/// images of 1, 3 or 4 channels and gives the same channels, each by itself, as i16.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, SampleType, Scharr, ScharrOutput};
///
/// let output = Scharr::new(ScharrOutput::Dy).plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!((output.channels, output.sample), (3, SampleType::I16));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Scharr {
    output: ScharrOutput,
}

impl Scharr {
    /// The operator that gives this derivative.
    pub const fn new(output: ScharrOutput) -> Self {
        Scharr { output }
    }

    /// The derivative that the operator gives.
    pub const fn output(&self) -> ScharrOutput {
        self.output
    }
}

impl Operator for Scharr {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let level = Level::new();
        let host: Arc<dyn StripCode> = match self.output {
            ScharrOutput::Dx => Arc::new(HostCode(ScharrHost::<true> { level })),
            ScharrOutput::Dy => Arc::new(HostCode(ScharrHost::<false> { level })),
        };
        let along_y = self.output as u32;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::SCHARR.kernels,
            entry: KIND,
            grid: cuda::grid,
            host,
            input,
            output: ImageShape {
                sample: SampleType::I16,
                ..input
            },
            elementwise: false,
            args: move |src, dst| ScharrArgs {
                src,
                dst,
                along_y,
                reserved: 0,
            },
            action: Some(Action::Other),
        }))
    }
}
