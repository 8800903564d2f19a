//! The operator `normalize`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::strips::StripStage;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
use half::{bf16, f16};
use host::NormalizeHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::NormalizeArgs;
use std::sync::Arc;

const KIND: &str = "normalize";

/// Normalizes 8-bit images to floating-point samples: `(p * scale - mean[c]) / std[c]` for sample `p` of channel `c`. Kind:
/// `normalize`, parameters `mean`, `std`, `scale`, `sample`, `layout`.
///
/// Formula: torchvision's `Normalize` after `ToTensor` (with `scale = 1 / 255`), computed as one fused multiply-add
/// `p * a[c] + b[c]` in f32, with `a = scale / std` and `b = -mean / std` computed in f64 and rounded to f32; f16 and
/// bf16 outputs round that f32 to the nearest number, ties to even.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has f32, f16 or bf16 samples in the same
/// channels, interleaved or planar.
///
/// ```
/// use pixelflume_ops::{ImageShape, Layout, Normalize, Operator, SampleType};
///
/// let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?
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
    scale: f64,
    sample: SampleType,
    layout: Layout,
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
    /// The types that output samples can have.
    pub(crate) const SAMPLES: [SampleType; 3] =
        [SampleType::F32, SampleType::F16, SampleType::Bf16];

    /// A normalization by this mean and standard deviation of the scaled samples, one value for each channel or one for all. By
    /// default the scale is 1/255, and the output is interleaved f32.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 values of each, a value is not finite, or a deviation is 0.
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
            scale: 1.0 / 255.0,
            sample: SampleType::F32,
            layout: Layout::Interleaved,
        };
        normalize.check_factors()?;
        Ok(normalize)
    }

    /// Sets the scale of the samples.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not finite, or `scale / std` is too large for f32.
    pub fn scale(self, scale: f64) -> Result<Self, OperatorError> {
        if !scale.is_finite() {
            return refuse("scale", scale.to_string(), "a finite number");
        }
        let normalize = Normalize { scale, ..self };
        normalize.check_factors()?;
        Ok(normalize)
    }

    /// Sets the type of the output samples: [`SampleType::F32`], [`SampleType::F16`] or [`SampleType::Bf16`].
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another type.
    pub fn sample(self, sample: SampleType) -> Result<Self, OperatorError> {
        match Self::SAMPLES.contains(&sample) {
            true => Ok(Normalize { sample, ..self }),
            false => refuse("sample", sample.to_string(), "f32, f16 or bf16"),
        }
    }

    /// Sets the layout of the output.
    #[must_use]
    pub fn layout(self, layout: Layout) -> Self {
        Normalize { layout, ..self }
    }

    /// The mean of the scaled samples: one value for each channel, or one for all.
    pub const fn means(&self) -> &[f64] {
        &self.mean
    }

    /// The standard deviation of the scaled samples, with as many values as the mean.
    pub const fn deviations(&self) -> &[f64] {
        &self.std
    }

    /// The factor that samples are multiplied with first.
    pub const fn scale_factor(&self) -> f64 {
        self.scale
    }

    /// Type of the output samples.
    pub const fn sample_type(&self) -> SampleType {
        self.sample
    }

    /// Layout of the output channels.
    pub const fn output_layout(&self) -> Layout {
        self.layout
    }

    /// The factor and the summand of a channel.
    fn factors(&self, channel: usize) -> (f32, f32) {
        let of = |values: &[f64]| values[channel.min(values.len() - 1)];
        let (mean, std) = (of(&self.mean), of(&self.std));
        ((self.scale / std) as f32, (-mean / std) as f32)
    }

    /// Refuses factors and summands with which an output could be infinite or NaN.
    fn check_factors(&self) -> Result<(), OperatorError> {
        for channel in 0..self.mean.len() {
            let (a, b) = self.factors(channel);
            if !(a * 255.0).is_finite() || !b.is_finite() {
                let got = format!("{:?}", self.std);
                return refuse("std", got, "deviations that leave the outputs within f32");
            }
        }
        Ok(())
    }
}

impl Operator for Normalize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
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
        let mut factors = [(0.0, 0.0); 4];
        for (channel, factors) in factors.iter_mut().enumerate() {
            *factors = self.factors(channel);
        }
        Ok(as_chain(Arc::new(NormalizePlan {
            input,
            output: ImageShape {
                sample: self.sample,
                layout: self.layout,
                ..input
            },
            factors,
        })))
    }
}

#[derive(Debug)]
struct NormalizePlan {
    input: ImageShape,
    output: ImageShape,
    factors: [(f32, f32); 4],
}

impl NormalizePlan {
    fn args(&self, src: ImageParam, dst: ImageParam) -> NormalizeArgs {
        NormalizeArgs {
            src,
            dst,
            scale: self.factors.map(|(scale, _)| scale),
            offset: self.factors.map(|(_, offset)| offset),
            planar: u32::from(self.output.layout == Layout::Planar),
            sample: match self.output.sample {
                SampleType::Bf16 => 2,
                SampleType::F16 => 1,
                _ => 0,
            },
        }
    }

    /// The stage of the host executor. The input has one plane, so that its rows of samples are its rows of pixels; the widths
    /// differ, but the host executor does not use the width of the input.
    fn strips(&self) -> Arc<dyn StripStage> {
        let shapes = (self.input, self.output);
        BoundStrips::stage(
            self.host_code(),
            shapes,
            ImageBatch::sample_param,
            |src, dst| self.args(src, dst),
        )
    }

    fn host_code(&self) -> Arc<dyn StripCode> {
        let planar = self.output.layout == Layout::Planar;
        let factors = &self.factors[..self.input.channels as usize];
        match self.output.sample {
            SampleType::F16 => {
                Arc::new(HostCode(NormalizeHost::new(factors, planar, f16::from_f32)))
            }
            SampleType::Bf16 => Arc::new(HostCode(NormalizeHost::new(
                factors,
                planar,
                bf16::from_f32,
            ))),
            _ => Arc::new(HostCode(NormalizeHost::new(factors, planar, |value| value))),
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for NormalizePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Normalize {
                factors: self.factors,
            },
            host: self.strips(),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::oracle::NORMALIZE.kernels, KIND)?)
            }
            DeviceKind::Host => Code::Host(self.host_code()),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output);
        let args = self.args(src, binding.output.sample_param());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
