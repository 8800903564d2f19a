//! The operator `rescale`.

mod like;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

pub use like::RescaleLike;

use crate::contract::stage::{ChannelSteps, NormalizeTables};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan};
use crate::float_table::{self, FloatOutput};
use crate::image::{ImageShape, Layout, SampleType};
use std::sync::Arc;

const KIND: &str = "rescale";

/// Multiplies the samples of 8-bit images by one factor: `p * scale`, or `p * scale - 1` with [`offset`](Self::offset), as
/// floating-point samples. Kind: `rescale`, parameters `scale`, `offset`, `like`, `sample`, `layout`.
///
/// Formula: `rescale` of the image processors of transformers: `p * f32(scale)` in f32 with the backend torchvision, and
/// `f32(p * scale)` with a product in f64 with the backend Pillow. 1 is subtracted in f32, as the processors of EfficientNet and
/// ViViT do with `rescale_offset` or `offset`. f16 and bf16 outputs round the f32 to the nearest number, ties to even.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has f32, f16 or bf16 samples in the same
/// channels, interleaved or planar.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Rescale, SampleType};
///
/// // From -1 to 1.
/// let rescale = Rescale::new(1.0 / 127.5)?.offset(true)?;
/// let output = rescale.plan(&[ImageShape::u8(224, 224, 3)])?.output();
/// assert_eq!(output.sample, SampleType::F32);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Rescale {
    scale: f64,
    offset: bool,
    like: RescaleLike,
    output: FloatOutput,
}

impl Rescale {
    /// A multiplication with this factor, like transformers with the backend torchvision, to interleaved f32 without an offset.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the factor is not finite, or 255 times the factor does not fit f32.
    pub fn new(scale: f64) -> Result<Self, OperatorError> {
        let rescale = Rescale {
            scale,
            offset: false,
            like: RescaleLike::Transformers,
            output: FloatOutput::DEFAULT,
        };
        rescale.tables()?;
        Ok(rescale)
    }

    /// Sets whether 1 is subtracted from the products.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when an output would not fit f32.
    pub fn offset(self, offset: bool) -> Result<Self, OperatorError> {
        let rescale = Rescale { offset, ..self };
        rescale.tables()?;
        Ok(rescale)
    }

    /// Sets the library whose operations are repeated.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when an output would not fit f32.
    pub fn like(self, like: RescaleLike) -> Result<Self, OperatorError> {
        let rescale = Rescale { like, ..self };
        rescale.tables()?;
        Ok(rescale)
    }

    /// Sets the type of the output samples: [`SampleType::F32`], [`SampleType::F16`] or [`SampleType::Bf16`].
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another type.
    pub fn sample(self, sample: SampleType) -> Result<Self, OperatorError> {
        let output = self.output.of_sample(KIND, sample)?;
        Ok(Rescale { output, ..self })
    }

    /// Sets the layout of the output.
    #[must_use]
    pub const fn layout(mut self, layout: Layout) -> Self {
        self.output.layout = layout;
        self
    }

    /// The factor of the samples.
    pub const fn scale_factor(&self) -> f64 {
        self.scale
    }

    /// Whether 1 is subtracted from the products.
    pub const fn has_offset(&self) -> bool {
        self.offset
    }

    /// The library whose operations are repeated.
    pub const fn convention(&self) -> RescaleLike {
        self.like
    }

    /// Type of the output samples.
    pub const fn sample_type(&self) -> SampleType {
        self.output.sample()
    }

    /// Layout of the output channels.
    pub const fn output_layout(&self) -> Layout {
        self.output.layout
    }

    /// The tables of 4 channels, without a number that is infinite or NaN.
    fn tables(&self) -> Result<NormalizeTables, OperatorError> {
        let rounded = self.scale as f32;
        let factor = match self.like {
            RescaleLike::Transformers => f64::from(rounded),
            RescaleLike::TransformersPillow => self.scale,
        };
        let table = std::array::from_fn(|p| {
            let product = match self.like {
                RescaleLike::Transformers => p as f32 * rounded,
                RescaleLike::TransformersPillow => (p as f64 * self.scale) as f32,
            };
            if self.offset { product - 1.0 } else { product }
        });
        let steps = match self.offset {
            true => ChannelSteps {
                summand: -1.0,
                ..ChannelSteps::IDENTITY
            },
            false => ChannelSteps::IDENTITY,
        };
        NormalizeTables::new([table; 4], factor, [steps; 4]).ok_or_else(|| {
            OperatorError::Parameter {
                operator: KIND,
                parameter: "scale",
                got: self.scale.to_string(),
                expected: "a finite number, of which 255 times fits f32".to_owned(),
            }
        })
    }
}

impl Operator for Rescale {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = float_table::input(KIND, inputs)?;
        Ok(float_table::plan(KIND, input, self.output, self.tables()?))
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
    fn the_tables_of_models_have_steps() {
        for like in RescaleLike::ALL {
            for offset in [false, true] {
                for scale in [1.0 / 255.0, 1.0 / 127.5, 1.0, 1.0 / 256.0] {
                    let rescale = Rescale::new(scale).and_then(|rescale| rescale.offset(offset));
                    let tables = rescale.and_then(|rescale| rescale.like(like)?.tables());
                    let steps = tables.expect("finite numbers").steps();
                    assert!(steps.is_some(), "{like}: {scale}, {offset}");
                }
            }
        }
    }
}
