//! The operator `laplacian`.

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
use host::LaplacianHost;
use pixelflume_kernels::args::LaplacianArgs;
use std::sync::Arc;

const KIND: &str = "laplacian";

/// The sample type of the output of a [`Laplacian`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[repr(u32)]
#[non_exhaustive]
pub enum LaplacianOutput {
    /// The signed values, i16, -1020 to 1020 (`CV_16S`).
    #[default]
    Signed = 0,
    /// The values clamped to 0 to 255, u8 (`CV_8U`).
    Clamped = 1,
}

impl LaplacianOutput {
    /// All outputs, in the order in which error messages list them.
    pub const ALL: [LaplacianOutput; 2] = [LaplacianOutput::Signed, LaplacianOutput::Clamped];

    /// The name that pipeline files use, for example `signed`.
    pub const fn name(self) -> &'static str {
        match self {
            LaplacianOutput::Signed => "signed",
            LaplacianOutput::Clamped => "clamped",
        }
    }

    /// The type of the output samples.
    pub const fn sample(self) -> SampleType {
        match self {
            LaplacianOutput::Signed => SampleType::I16,
            LaplacianOutput::Clamped => SampleType::U8,
        }
    }
}

text_by_name!(LaplacianOutput, KIND, "output");

/// The Laplacian of 8-bit images: the sum of the second derivatives along x and y. Kind: `laplacian`, parameter `output`.
///
/// Formula: OpenCV's `Laplacian` with `ksize = 1`: [0 1 0; 1 -4 1; 0 1 0], exact in integers, border reflect-101. The
/// input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels, computed separately, with samples
/// of type [`LaplacianOutput::sample`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Laplacian {
    output: LaplacianOutput,
}

impl Laplacian {
    /// Makes the operator with this output.
    pub const fn new(output: LaplacianOutput) -> Self {
        Laplacian { output }
    }

    /// The output that was chosen.
    pub const fn output(&self) -> LaplacianOutput {
        self.output
    }
}

impl Operator for Laplacian {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let level = Level::new();
        let host: Arc<dyn StripCode> = match self.output {
            LaplacianOutput::Signed => Arc::new(HostCode(LaplacianHost::<i16>::new(level))),
            LaplacianOutput::Clamped => Arc::new(HostCode(LaplacianHost::<u8>::new(level))),
        };
        let clamp = self.output as u32;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::LAPLACIAN.kernels,
            entry: KIND,
            grid: cuda::grid,
            host,
            input,
            output: ImageShape {
                sample: self.output.sample(),
                ..input
            },
            elementwise: false,
            args: move |src, dst| LaplacianArgs {
                src,
                dst,
                clamp,
                reserved: 0,
            },
            action: Some(Action::Other),
        }))
    }
}
