//! The operator `to_float`.

mod like;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

pub use like::ToFloatLike;

use crate::contract::stage::{ChannelSteps, NormalizeTables};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan};
use crate::float_table::{self, FloatOutput};
use crate::image::{ImageShape, Layout, SampleType};
use std::sync::Arc;

const KIND: &str = "to_float";

/// Converts 8-bit images to floating-point samples, of 0 to 1 or unscaled. Kind: `to_float`, parameters `like`, `scaled`,
/// `sample`, `layout`.
///
/// Formula: `p / 255` in f32 for sample `p`, as torchvision's `ToTensor` (and ultralytics) on CPUs, or `p * f32(1/255)`, as
/// `ToDtype(torch.float32, scale=True)` of torchvision's v2: the two differ in 126 of the 256 numbers. Unscaled, the number is `p`.
/// f16 and bf16 outputs round the f32 to the nearest number, ties to even, as `Tensor.to` does.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has f32, f16 or bf16 samples in the same
/// channels, interleaved or planar.
///
/// ```
/// use pixelflume_ops::{ImageShape, Layout, Operator, SampleType, ToFloat};
///
/// let to_float = ToFloat::new().sample(SampleType::F16)?.layout(Layout::Planar);
/// let output = to_float.plan(&[ImageShape::u8(640, 640, 3)])?.output();
/// assert_eq!((output.sample, output.layout), (SampleType::F16, Layout::Planar));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ToFloat {
    like: ToFloatLike,
    scaled: bool,
    output: FloatOutput,
}

impl ToFloat {
    /// A conversion like torchvision's `ToTensor`: to numbers of 0 to 1, interleaved f32.
    pub const fn new() -> Self {
        ToFloat {
            like: ToFloatLike::Torchvision,
            scaled: true,
            output: FloatOutput::DEFAULT,
        }
    }

    /// Sets the library whose operations are repeated.
    #[must_use]
    pub const fn like(self, like: ToFloatLike) -> Self {
        ToFloat { like, ..self }
    }

    /// Sets whether 255 becomes 1; otherwise it becomes 255.
    #[must_use]
    pub const fn scaled(self, scaled: bool) -> Self {
        ToFloat { scaled, ..self }
    }

    /// Sets the type of the output samples: [`SampleType::F32`], [`SampleType::F16`] or [`SampleType::Bf16`].
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another type.
    pub fn sample(self, sample: SampleType) -> Result<Self, OperatorError> {
        let output = self.output.of_sample(KIND, sample)?;
        Ok(ToFloat { output, ..self })
    }

    /// Sets the layout of the output.
    #[must_use]
    pub const fn layout(mut self, layout: Layout) -> Self {
        self.output.layout = layout;
        self
    }

    /// The library whose operations are repeated.
    pub const fn convention(&self) -> ToFloatLike {
        self.like
    }

    /// Whether 255 becomes 1.
    pub const fn is_scaled(&self) -> bool {
        self.scaled
    }

    /// Type of the output samples.
    pub const fn sample_type(&self) -> SampleType {
        self.output.sample()
    }

    /// Layout of the output channels.
    pub const fn output_layout(&self) -> Layout {
        self.output.layout
    }

    /// The tables of 4 channels.
    fn tables(&self) -> NormalizeTables {
        const INVERSE: f32 = (1.0 / 255.0) as f32;
        let (factor, number): (f64, fn(f32) -> f32) = match (self.scaled, self.like) {
            (false, _) => (1.0, |p| p),
            (true, ToFloatLike::Torchvision) => (1.0 / 255.0, |p| p / 255.0),
            (true, ToFloatLike::TorchvisionV2) => (f64::from(INVERSE), |p| p * INVERSE),
        };
        let table = std::array::from_fn(|p| number(p as f32));
        NormalizeTables::new([table; 4], factor, [ChannelSteps::IDENTITY; 4])
            .expect("numbers of 0 to 255")
    }
}

impl Default for ToFloat {
    fn default() -> Self {
        ToFloat::new()
    }
}

impl Operator for ToFloat {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = float_table::input(KIND, inputs)?;
        Ok(float_table::plan(KIND, input, self.output, self.tables()))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        float_table::input(KIND, &[image.shape])?;
        Ok(Some(ChainStep::Pixels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernels of fused chains compute steps.
    #[test]
    fn all_tables_have_steps() {
        for like in ToFloatLike::ALL {
            for scaled in [false, true] {
                let tables = ToFloat::new().like(like).scaled(scaled).tables();
                assert!(tables.steps().is_some(), "{like}, scaled: {scaled}");
            }
        }
    }
}
