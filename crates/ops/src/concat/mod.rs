//! The operator `concat`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{MAX_SIDE, text_by_name};
use crate::contract::{Binding, Code, Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::{ImageBatch, ImageShape, Layout};
use crate::kernels::one_each;
use host::ConcatHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, Launch};
use pixelflume_kernels::args::ConcatArgs;
use std::sync::Arc;

const KIND: &str = "concat";

/// The direction in which a [`Concat`] puts images beside each other.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum ConcatAxis {
    /// The second image to the right of the first (`hconcat`).
    #[default]
    Horizontal,
    /// The second image below the first (`vconcat`).
    Vertical,
}

impl ConcatAxis {
    /// Both directions, in the order in which error messages list them.
    pub const ALL: [ConcatAxis; 2] = [ConcatAxis::Horizontal, ConcatAxis::Vertical];

    /// The name that pipeline files use, for example `horizontal`.
    pub const fn name(self) -> &'static str {
        match self {
            ConcatAxis::Horizontal => "horizontal",
            ConcatAxis::Vertical => "vertical",
        }
    }
}

text_by_name!(ConcatAxis, KIND, "axis");

/// Puts two images side by side, or one above the other. Kind: `concat`, parameter `axis`.
///
/// Formula: OpenCV's `hconcat` and `vconcat`. The inputs are two images of 1, 3 or 4 channels, of any sample type of images and layout,
/// both of one height, or one width where they are above each other, with the same channels, type and layout. So has the output, with
/// sides of at most 65536 pixels. More images are put together by several nodes.
///
/// ```
/// use pixelflume_ops::{Concat, ConcatAxis, ImageShape, Operator};
///
/// let (wide, narrow) = (ImageShape::u8(640, 480, 3), ImageShape::u8(100, 480, 3));
/// let beside = Concat::new(ConcatAxis::Horizontal);
/// assert_eq!(beside.plan(&[wide, narrow])?.output(), ImageShape::u8(740, 480, 3));
/// assert!(Concat::new(ConcatAxis::Vertical).plan(&[wide, narrow]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Concat {
    axis: ConcatAxis,
}

impl Concat {
    /// The operator that puts images beside each other in this direction.
    pub const fn new(axis: ConcatAxis) -> Self {
        Concat { axis }
    }

    /// The direction.
    pub const fn axis(&self) -> ConcatAxis {
        self.axis
    }

    /// The shape of both images together.
    fn output(&self, first: ImageShape, second: ImageShape) -> Result<ImageShape, OperatorError> {
        let refuse = |reason: String| OperatorError::Shape {
            operator: KIND,
            got: second,
            reason,
        };
        // The side along which they are put together may differ.
        let (same, place) = match self.axis {
            ConcatAxis::Horizontal => (
                ImageShape {
                    width: first.width,
                    ..second
                },
                "beside",
            ),
            ConcatAxis::Vertical => (
                ImageShape {
                    height: first.height,
                    ..second
                },
                "below",
            ),
        };
        if same != first {
            return Err(refuse(format!(
                "it does not fit {place} {first}; resize or convert one of them first"
            )));
        }
        let (mut width, mut height) = (u64::from(first.width), u64::from(first.height));
        match self.axis {
            ConcatAxis::Horizontal => width += u64::from(second.width),
            ConcatAxis::Vertical => height += u64::from(second.height),
        }
        if width.max(height) > u64::from(MAX_SIDE) {
            return Err(refuse(format!(
                "with {first} its output would have {width}x{height} pixels; {MAX_SIDE} a side are possible"
            )));
        }
        Ok(ImageShape {
            width: width as u32,
            height: height as u32,
            ..first
        })
    }
}

impl Operator for Concat {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let &[first, second] = inputs else {
            return Err(OperatorError::InputCount {
                operator: KIND,
                expected: 2,
                got: inputs.len(),
            });
        };
        let inputs = [
            checks::copied_input(KIND, &[first])?,
            checks::copied_input(KIND, &[second])?,
        ];
        Ok(Arc::new(ConcatPlan {
            inputs,
            output: self.output(first, second)?,
            axis: self.axis,
        }))
    }
}

#[derive(Debug)]
struct ConcatPlan {
    inputs: [ImageShape; 2],
    output: ImageShape,
    axis: ConcatAxis,
}

impl ConcatPlan {
    fn entry(&self) -> &'static str {
        match self.output.sample.bytes() {
            1 => "concat_1",
            2 => "concat_2",
            _ => "concat_4",
        }
    }
}

/// The grid of the kernels: one sample for each thread.
fn grid(args: &ConcatArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the inputs, and write those of the output, which are as long, or as many,
// as those of both inputs together.
unsafe impl Plan for ConcatPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::BESIDE.kernels;
                Code::Kernel(device.kernel(module, self.entry())?)
            }
            DeviceKind::Host => Code::Host(Arc::new(HostPair(ConcatHost))),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(KIND, binding, &self.inputs, self.output);
        // The host copies bytes.
        let param = match code[0] {
            Code::Host(_) => ImageBatch::byte_param,
            Code::Kernel(_) => ImageBatch::sample_param,
        };
        let args = ConcatArgs {
            a: param(&binding.inputs[0]),
            b: param(&binding.inputs[1]),
            dst: param(&binding.output),
            vertical: u32::from(self.axis == ConcatAxis::Vertical),
            planes: match self.output.layout {
                Layout::Planar => self.output.channels,
                Layout::Interleaved => 1,
            },
        };
        launches.push(code[0].launch(&args, grid));
    }
}
