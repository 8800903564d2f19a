//! Operators with two inputs: absolute difference and blend.

use crate::host::{AbsDiffHost, BlendHost, HostPair};
use crate::kernels::{self, args::BinaryArgs};
use crate::{Binding, Code, ImageShape, Operator, OperatorError, Plan, plan};
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use std::sync::Arc;

const ABS_DIFF: &str = "abs_diff";
const BLEND: &str = "blend";

/// The absolute difference of two images, `|a - b|` of each sample. Kind: `abs_diff`.
///
/// Formula: OpenCV's `absdiff` for 8-bit samples. Takes two u8 images of one shape, with any channels, interleaved or
/// planar, and gives the same shape.
///
/// ```
/// use pixelflume_ops::{AbsDiff, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(AbsDiff::new().plan(&[shape, shape])?.output(), shape);
/// assert!(AbsDiff::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct AbsDiff {
    _private: (),
}

impl AbsDiff {
    /// The operator; it has no parameters.
    pub const fn new() -> Self {
        AbsDiff { _private: () }
    }
}

impl Operator for AbsDiff {
    fn kind(&self) -> &'static str {
        ABS_DIFF
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(BinaryPlan {
            operator: ABS_DIFF,
            shape: plan::u8_elementwise::<2>(ABS_DIFF, inputs)?,
            weight: 0,
        }))
    }
}

/// A weighted mean of two images. Kind: `blend`, parameter `alpha`.
///
/// Formula: with `k = round(alpha * 256)`, halves up, `(a k + b (256 - k) + 128) >> 8` of each sample, where `a` is the
/// first input and `b` the second. It is at most one step from OpenCV's `addWeighted(a, alpha, b, 1 - alpha, 0)`: rounding
/// `alpha` moves the exact value by at most 255/512, and each side rounds it by at most 1/2, which is below 3/2 in all.
///
/// Takes two u8 images of one shape, with any channels, interleaved or planar, and gives the same shape.
///
/// ```
/// use pixelflume_ops::Blend;
///
/// assert_eq!(Blend::new(0.5)?, Blend::default());
/// assert_eq!(Blend::new(0.25)?.weight(), 64);
/// assert!(Blend::new(1.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Blend {
    alpha: f64,
}

impl Blend {
    /// A blend that takes `alpha` of the first input, 0 to 1, and the rest of the second.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `alpha` is not within 0 to 1.
    pub fn new(alpha: f64) -> Result<Self, OperatorError> {
        // Not a number is in no range.
        if !(0.0..=1.0).contains(&alpha) {
            return Err(OperatorError::Parameter {
                operator: BLEND,
                parameter: "alpha",
                got: alpha.to_string(),
                expected: "a number from 0 (the second input alone) to 1 (the first alone)"
                    .to_owned(),
            });
        }
        Ok(Blend { alpha })
    }

    /// The share of the first input, as it was given.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The share of the first input in 1/256, as it is computed with: 0 to 256.
    pub fn weight(&self) -> u32 {
        (self.alpha * 256.0).round() as u32
    }
}

impl Default for Blend {
    /// Half of each.
    fn default() -> Self {
        Blend { alpha: 0.5 }
    }
}

impl Operator for Blend {
    fn kind(&self) -> &'static str {
        BLEND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(BinaryPlan {
            operator: BLEND,
            shape: plan::u8_elementwise::<2>(BLEND, inputs)?,
            weight: self.weight(),
        }))
    }
}

#[derive(Debug)]
struct BinaryPlan {
    /// Kind of the operator and name of the kernel.
    operator: &'static str,
    /// Of both inputs and of the output.
    shape: ImageShape,
    weight: u32,
}

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: `bind` checks the memory; the executors read the rows of the inputs, and write those of the output.
unsafe impl Plan for BinaryPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::BINARY.kernels, self.operator)?)
            }
            DeviceKind::Host => Code::Host(host_kernel(self.operator, Level::new())),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        plan::check_binding(self.operator, binding, &[self.shape; 2], self.shape);
        let args = BinaryArgs {
            a: binding.inputs[0].sample_param(),
            b: binding.inputs[1].sample_param(),
            dst: binding.output.sample_param(),
            weight: self.weight,
            reserved: 0,
        };
        launches.push(plan::launch(&code[0], &args, kernels::binary_grid));
    }
}

fn host_kernel(operator: &'static str, level: Level) -> Arc<dyn HostKernel> {
    match operator {
        ABS_DIFF => Arc::new(HostPair(AbsDiffHost { level })),
        _ => Arc::new(HostPair(BlendHost { level })),
    }
}
