//! The plan of operators that change the colors of each pixel as torchvision's functions do, one change after the other: `contrast`,
//! `saturation`, `hue`, `random_gray` and `color_jitter`.
//!
//! Between two changes the samples are rounded to 8 bits, as those functions round them, so that several changes in one launch give what
//! they give one after the other. A change of the contrast needs the mean of the gray image before it. So it has a launch of its own that sums
//! integers: on CUDA each block writes the sum of a part of an image to memory of its own, so that nothing depends on an order.

mod cuda;
mod host;
pub(crate) mod reference;
mod step;

pub(crate) use step::PixelStep;

use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use crate::totals::countable;
use bytemuck::Zeroable;
use fearless_simd::Level;
use host::{MeasuredStepsHost, StepsHost};
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::PixelStepsArgs;
use std::sync::Arc;

/// The most steps of a plan.
pub(crate) const MOST_STEPS: usize = 4;

/// The plan of at most [`MOST_STEPS`] steps, of which one changes the contrast at most. The input is an interleaved u8 image of 1 or 3
/// channels; the output has the same shape.
///
/// # Errors
/// [`OperatorError`] for any other input.
pub(crate) fn plan(
    operator: &'static str,
    inputs: &[ImageShape],
    steps: &[PixelStep],
) -> Result<Arc<dyn Plan>, OperatorError> {
    let shape = checks::gray_or_rgb(operator, inputs)?;
    countable(operator, shape)?;
    let (mut kinds, mut factors, mut rests) =
        ([0; MOST_STEPS], [0.0; MOST_STEPS], [0.0; MOST_STEPS]);
    for (index, step) in steps.iter().enumerate() {
        kinds[index] = step.kind();
        [factors[index], rests[index]] = step.factors();
    }
    let contrasts = steps
        .iter()
        .position(|step| matches!(step, PixelStep::Contrast(_)));
    let args = PixelStepsArgs {
        src: ImageParam::zeroed(),
        dst: ImageParam::zeroed(),
        sums: 0,
        parts: cuda::parts(shape),
        count: steps.len() as u32,
        measured: contrasts.unwrap_or(steps.len()) as u32,
        reserved: 0,
        kinds,
        factors,
        rests,
    };
    Ok(Arc::new(PixelStepsPlan {
        operator,
        shape,
        args,
    }))
}

/// What a random operator does to one image: these steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PixelSteps {
    /// The kind of the random operator.
    pub(crate) operator: &'static str,
    /// At most [`MOST_STEPS`] steps, of which one changes the contrast at most.
    pub(crate) steps: Vec<PixelStep>,
}

impl Operator for PixelSteps {
    fn kind(&self) -> &'static str {
        self.operator
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        plan(self.operator, inputs, &self.steps)
    }
}

#[derive(Debug)]
struct PixelStepsPlan {
    operator: &'static str,
    /// The shape of the input and of the output.
    shape: ImageShape,
    /// The arguments without images and memory.
    args: PixelStepsArgs,
}

impl PixelStepsPlan {
    fn is_measured(&self) -> bool {
        self.args.measured < self.args.count
    }

    /// The executor of steps without a measure.
    fn strips(&self) -> Arc<dyn StripCode> {
        let level = Level::new();
        Arc::new(HostCode(StepsHost { level }))
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The executors read the rows of the input and write the rows of the output; on CUDA, before, the first
// of two launches writes `parts` sums of each image to the workspace, and the second one reads them.
unsafe impl Plan for PixelStepsPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda if self.is_measured() => {
                batch as usize * self.args.parts as usize * size_of::<u64>()
            }
            _ => 0,
        }
    }

    fn stage(&self) -> Option<Stage> {
        let args = |src, dst| PixelStepsArgs {
            src,
            dst,
            ..self.args
        };
        let shapes = (self.shape, self.shape);
        (!self.is_measured()).then(|| Stage {
            operator: self.operator,
            input: self.shape,
            output: self.shape,
            action: Action::Other,
            host: BoundStrips::stage(self.strips(), shapes, ImageBatch::param, args),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let kernel = |entry| -> Result<Code, DeviceError> {
            let module = &pixelflume_kernels::PIXEL_STEPS.kernels;
            Ok(Code::Kernel(device.kernel(module, entry)?))
        };
        match device.kind() {
            DeviceKind::Cuda if self.is_measured() => {
                Ok(vec![kernel("pixel_steps_sums")?, kernel("pixel_steps")?])
            }
            DeviceKind::Cuda => Ok(vec![kernel("pixel_steps")?]),
            DeviceKind::Host => {
                let host: Arc<dyn HostKernel> = match self.is_measured() {
                    true => Arc::new(MeasuredStepsHost {
                        level: Level::new(),
                    }),
                    false => self.strips(),
                };
                Ok(vec![Code::Host(host)])
            }
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(self.operator, binding, self.shape, self.shape);
        let args = PixelStepsArgs {
            src,
            dst: binding.output.param(),
            sums: binding.workspace.raw(),
            ..self.args
        };
        match code {
            [sums, steps] => {
                launches.push(sums.launch(&args, cuda::sums_grid));
                launches.push(steps.launch(&args, cuda::grid));
            }
            [steps] => launches.push(steps.launch(&args, cuda::grid)),
            _ => panic!("{} was bound to the code of another plan", self.operator),
        }
    }
}
