//! The operator `normalize`.

mod like;
pub(crate) mod reference;
pub(crate) mod spec;
mod tables;
#[cfg(feature = "testing")]
mod testing;

pub use like::NormalizeLike;

use crate::contract::stage::NormalizeTables;
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan};
use crate::float_table::{self, FloatOutput};
use crate::image::{ImageShape, Layout, SampleType};
use std::sync::Arc;

const KIND: &str = "normalize";

/// The scale of samples of 0 to 255 to numbers of 0 to 1.
const UNIT: f64 = 1.0 / 255.0;

/// Normalizes 8-bit images to floating-point samples: `(p * scale - mean[c]) / std[c]` for sample `p` of channel `c`. Kind:
/// `normalize`, parameters `mean`, `std`, `like`, `scale`, `sample`, `layout`.
///
/// Formula: that of the library that [`like`](Self::like) names, with its order of operations, so that every bit is equal to the
/// library's; by default torchvision's `ToTensor` and `Normalize` on CPUs. f16 and bf16 outputs round the f32 to the nearest number,
/// ties to even, as `Tensor.to` does.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has f32, f16 or bf16 samples in the same
/// channels, interleaved or planar.
///
/// ```
/// use pixelflume_ops::{ImageShape, Layout, Normalize, NormalizeLike, Operator, SampleType};
///
/// let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?
///     .like(NormalizeLike::Transformers)?
///     .sample(SampleType::F16)?
///     .layout(Layout::Planar);
/// let output = normalize.plan(&[ImageShape::u8(224, 224, 3)])?.output();
/// assert_eq!((output.sample, output.layout), (SampleType::F16, Layout::Planar));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normalize {
    mean: Box<[f64]>,
    std: Box<[f64]>,
    like: NormalizeLike,
    scale: f64,
    output: FloatOutput,
}

fn refuse<T>(parameter: &'static str, got: String, expected: &str) -> Result<T, OperatorError> {
    Err(OperatorError::Parameter {
        operator: KIND,
        parameter,
        got,
        expected: expected.to_owned(),
    })
}

impl Normalize {
    /// A normalization by this mean and standard deviation of the scaled samples, one value for each channel or one for all. By
    /// default it is like torchvision, the scale is 1/255, and the output is interleaved f32.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 values of each, a value is not finite, or a deviation is 0 or
    /// so small that an output would not fit f32.
    pub fn new(mean: &[f64], std: &[f64]) -> Result<Self, OperatorError> {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if !matches!(mean.len(), 1 | 3 | 4) || !finite(mean) {
            let expected = "1, 3 or 4 finite numbers, one for each channel or one for all";
            return refuse("mean", format!("{mean:?}"), expected);
        }
        if std.len() != mean.len() || !finite(std) || std.contains(&0.0) {
            let expected = "as many finite numbers as means, none of them 0";
            return refuse("std", format!("{std:?}"), expected);
        }
        let normalize = Normalize {
            mean: mean.into(),
            std: std.into(),
            like: NormalizeLike::default(),
            scale: UNIT,
            output: FloatOutput::DEFAULT,
        };
        normalize.tables()?;
        Ok(normalize)
    }

    /// Sets the library whose operations are repeated.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the library has no scale and another one than 1/255 is set, or when an output would not
    /// fit f32.
    pub fn like(self, like: NormalizeLike) -> Result<Self, OperatorError> {
        let normalize = Normalize { like, ..self };
        normalize.check_scale()?;
        Ok(normalize)
    }

    /// Sets the scale of the samples, for [`NormalizeLike::Transformers`] (`rescale_factor`),
    /// [`NormalizeLike::TransformersPillow`] and [`NormalizeLike::Fma`], one of which is set before.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not finite, when it is not 1/255 and the library has no other scale, or when an
    /// output would not fit f32.
    pub fn scale(self, scale: f64) -> Result<Self, OperatorError> {
        if !scale.is_finite() {
            return refuse("scale", scale.to_string(), "a finite number");
        }
        let normalize = Normalize { scale, ..self };
        normalize.check_scale()?;
        Ok(normalize)
    }

    /// Sets the type of the output samples: [`SampleType::F32`], [`SampleType::F16`] or [`SampleType::Bf16`].
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another type.
    pub fn sample(self, sample: SampleType) -> Result<Self, OperatorError> {
        let output = self.output.of_sample(KIND, sample)?;
        Ok(Normalize { output, ..self })
    }

    /// Sets the layout of the output.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.output.layout = layout;
        self
    }

    /// The mean of the scaled samples: one value for each channel, or one for all.
    pub const fn means(&self) -> &[f64] {
        &self.mean
    }

    /// The standard deviation of the scaled samples, with as many values as the mean.
    pub const fn deviations(&self) -> &[f64] {
        &self.std
    }

    /// The library whose operations are repeated.
    pub const fn convention(&self) -> NormalizeLike {
        self.like
    }

    /// The factor that samples are multiplied with first.
    pub const fn scale_factor(&self) -> f64 {
        self.scale
    }

    /// Type of the output samples.
    pub const fn sample_type(&self) -> SampleType {
        self.output.sample()
    }

    /// Layout of the output channels.
    pub const fn output_layout(&self) -> Layout {
        self.output.layout
    }

    fn check_scale(&self) -> Result<(), OperatorError> {
        if self.scale != UNIT && !self.like.has_scale() {
            let expected = format!(
                "1/255, the only scale of {}; other ones are for like = \"{}\", \"{}\" or \"{}\"",
                self.like,
                NormalizeLike::Transformers,
                NormalizeLike::TransformersPillow,
                NormalizeLike::Fma
            );
            return refuse("scale", self.scale.to_string(), &expected);
        }
        self.tables().map(drop)
    }

    /// The tables of 4 channels, without a number that is infinite or NaN.
    fn tables(&self) -> Result<NormalizeTables, OperatorError> {
        match tables::tables(self.like, &self.mean, &self.std, self.scale) {
            Some(tables) => Ok(tables),
            None => {
                let got = format!("{:?}", self.std);
                let expected = format!(
                    "deviations that leave the outputs within f32, with the scale {}",
                    self.scale
                );
                refuse("std", got, &expected)
            }
        }
    }
}

impl Normalize {
    /// The shape of the input.
    fn input(&self, inputs: &[ImageShape]) -> Result<ImageShape, OperatorError> {
        let input = float_table::input(KIND, inputs)?;
        if self.mean.len() != 1 && self.mean.len() != input.channels as usize {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!(
                    "there are {} means and deviations; give one for each channel, or one for all",
                    self.mean.len()
                ),
            });
        }
        Ok(input)
    }
}

impl Operator for Normalize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = self.input(inputs)?;
        Ok(float_table::plan(KIND, input, self.output, self.tables()?))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        self.input(&[image.shape])?;
        Ok(Some(ChainStep::Pixels))
    }
}
