//! The operator `mask`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Binding, Code, Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::ImageShape;
use crate::kernels::one_each;
use host::MaskHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, Launch};
use pixelflume_kernels::args::MaskArgs;
use std::sync::Arc;

const KIND: &str = "mask";

/// Shows an image where a mask is not 0, and a constant pixel elsewhere. Kind: `mask`, parameter `value`.
///
/// Formula: OpenCV's `copyTo` with a mask into an image of the constant pixel. The inputs are an interleaved u8 image of 1, 3 or 4
/// channels, and the mask, a u8 image of the same size with one channel, or with those of the image, of which each has the mask of its
/// own. The output has the shape of the image.
///
/// ```
/// use pixelflume_ops::{ImageShape, Mask, Operator};
///
/// let (image, mask) = (ImageShape::u8(640, 480, 3), ImageShape::u8(640, 480, 1));
/// assert_eq!(Mask::new().value([255, 0, 0, 0]).plan(&[image, mask])?.output(), image);
/// assert!(Mask::new().plan(&[image, ImageShape::u8(320, 240, 1)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Mask {
    value: [u8; 4],
}

impl Mask {
    /// A mask that shows 0 where it is 0.
    pub const fn new() -> Self {
        Mask { value: [0; 4] }
    }

    /// Sets the pixel where the mask is 0: one sample for each channel; images of fewer channels take the first ones.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        Mask { value }
    }

    /// The pixel where the mask is 0.
    pub const fn hidden_value(&self) -> [u8; 4] {
        self.value
    }
}

impl Operator for Mask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let &[image, mask] = inputs else {
            return Err(OperatorError::InputCount {
                operator: KIND,
                expected: 2,
                got: inputs.len(),
            });
        };
        checks::u8_input(KIND, &[image])?;
        checks::u8_input(KIND, &[mask])?;
        checks::gray_or_color(KIND, image)?;
        if mask != image && mask != ImageShape::u8(image.width, image.height, 1) {
            return Err(OperatorError::UnequalInputs {
                operator: KIND,
                first: image,
                second: mask,
            });
        }
        Ok(Arc::new(MaskPlan {
            image,
            mask,
            value: self.value,
        }))
    }
}

#[derive(Debug)]
struct MaskPlan {
    image: ImageShape,
    mask: ImageShape,
    value: [u8; 4],
}

/// The grid of the kernel: one sample for each thread.
fn grid(args: &MaskArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the inputs, of which the mask has one channel or those of the image,
// and write the rows of the output.
unsafe impl Plan for MaskPlan {
    fn output(&self) -> ImageShape {
        self.image
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::BINARY.kernels, KIND)?)
            }
            DeviceKind::Host => Code::Host(Arc::new(HostPair(MaskHost))),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(KIND, binding, &[self.image, self.mask], self.image);
        let args = MaskArgs {
            image: binding.inputs[0].param(),
            mask: binding.inputs[1].param(),
            dst: binding.output.param(),
            value: self.value,
            reserved: 0,
        };
        launches.push(code[0].launch(&args, grid));
    }
}
