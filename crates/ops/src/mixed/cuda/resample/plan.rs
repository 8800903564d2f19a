//! The plan of a mixed chain with a resample on a GPU.

use super::memory::{SHARED_BYTES, digits};
use crate::contract::stage::{WindowFilter, WindowWeights};
use crate::contract::{Binding, Code, Plan};
use crate::image::ImageShape;
use crate::kernels::{bits_grid, resample_mixed_grid};
use crate::mixed::cuda::plan::descriptors;
use crate::mixed::cuda::template::Template;
use bytemuck::Zeroable;
use pixelflume_device::{Args, Device, DeviceError, DeviceKind, KernelModule, Launch};
use pixelflume_kernels::args::{ResampleMixedArgs, ResampleMixedFilter};
use std::fmt;
use std::sync::Arc;

/// Bytes of the fractional bits of an image's weights: a u32 for each axis.
const BITS_BYTES: usize = 8;

/// The plan: one launch, and before it one that finds the fractional bits of the weights, where they depend on the weights.
pub(in crate::mixed::cuda) struct ResamplePlan {
    output: ImageShape,
    module: &'static KernelModule,
    entry: &'static str,
    /// The arguments except for the images and the address of the bits.
    args: ResampleMixedArgs,
    has_bits: bool,
}

impl ResamplePlan {
    /// The plan of a template with this resample.
    pub(in crate::mixed::cuda) fn new(template: &Template, weights: WindowWeights) -> Self {
        let module = match template.input.channels {
            1 => &pixelflume_kernels::RESAMPLE_MIXED_GRAY,
            3 => &pixelflume_kernels::RESAMPLE_MIXED_RGB,
            _ => &pixelflume_kernels::RESAMPLE_MIXED_RGBA,
        };
        let becomes_gray = template.resampled_channels() < template.input.channels;
        let (filter, bits) = match weights {
            WindowWeights::Fixed { filter, bits } => (filter, bits),
            WindowWeights::Single(filter) => (filter, Some(0)),
        };
        ResamplePlan {
            output: template.output,
            module: &module.kernels,
            entry: match (becomes_gray, digits(weights)) {
                (false, None) => "resample_single",
                (false, Some(2)) => "resample_fixed_2",
                (false, Some(_)) => "resample_fixed_3",
                (true, None) => "resample_gray_single",
                (true, Some(2)) => "resample_gray_fixed_2",
                (true, Some(_)) => "resample_gray_fixed_3",
            },
            args: ResampleMixedArgs {
                sample: template.pixels.arguments(template.output),
                filter: match filter {
                    WindowFilter::Box => ResampleMixedFilter::BOX,
                    WindowFilter::Triangle => ResampleMixedFilter::TRIANGLE,
                    WindowFilter::PillowCubic => ResampleMixedFilter::PILLOW_CUBIC,
                    WindowFilter::TorchCubic => ResampleMixedFilter::TORCH_CUBIC,
                },
                shift: bits.unwrap_or(0),
                ..ResampleMixedArgs::zeroed()
            },
            has_bits: bits.is_none(),
        }
    }
}

impl fmt::Debug for ResamplePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResamplePlan")
            .field("output", &self.output)
            .field("kernel", &(self.module.name, self.entry))
            .finish_non_exhaustive()
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the table of descriptors and the output. Both kernels read the descriptors; the first writes two u32 for each
// image to the workspace, of `workspace_bytes`, and the second reads them, and writes the rows of the output. They read an image only
// at positions that the kernel cuts off at the `length` of its axes. The taps of each window fit the shared memory of the launch, by
// the bounds that `TileMemory` puts into the descriptor. That the images of the descriptors may be read is promised by whoever takes
// the plan out of a `MixedChain`.
unsafe impl Plan for ResamplePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda if self.has_bits => BITS_BYTES * batch as usize,
            DeviceKind::Cuda | DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let mut code = vec![Code::Kernel(device.kernel(self.module, self.entry)?)];
        if self.has_bits {
            let module = &pixelflume_kernels::RESAMPLE_BITS.kernels;
            code.push(Code::Kernel(device.kernel(module, "resample_bits")?));
        }
        Ok(code)
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let mut args = self.args;
        args.sample.src = descriptors(binding, self.output);
        args.sample.dst = binding.output.param();
        let function = match code {
            [Code::Kernel(function)] if !self.has_bits => function,
            [Code::Kernel(function), Code::Kernel(bits)] if self.has_bits => {
                args.bits = binding.workspace.raw();
                let grid = bits_grid(&args.sample);
                launches.push(Launch::kernel(bits.clone(), grid, Args::of(&args)));
                function
            }
            _ => panic!("a mixed chain was bound to the code of another plan"),
        };
        let grid = resample_mixed_grid(&args.sample, SHARED_BYTES);
        launches.push(Launch::kernel(function.clone(), grid, Args::of(&args)));
    }
}
