//! The plan of a mixed chain on a GPU, and that of chains without a resample.

use super::CudaChain;
use super::resample::ResamplePlan;
use crate::contract::{Binding, Code, Plan, checks};
use crate::image::{ImageParam, ImageShape};
use crate::kernels::mixed_grid;
use crate::mixed::ImageDescriptor;
use pixelflume_device::{Args, Device, DeviceError, KernelModule, Launch};
use pixelflume_kernels::args::{MixedImage, ResampleMixedImage, SampleArgs};
use std::fmt;
use std::sync::Arc;

/// The plan of a mixed chain without a resample: one launch, which reads the table of descriptors.
pub(super) struct CudaPlan {
    output: ImageShape,
    module: &'static KernelModule,
    /// The arguments except for the images.
    args: SampleArgs,
}

/// The table of descriptors of a binding, whose memory is checked.
pub(super) fn descriptors(binding: &Binding<'_>, output: ImageShape) -> ImageParam {
    let table = checks::single_input("a mixed chain", binding, ImageDescriptor::SHAPE, output);
    let align = align_of::<MixedImage>().max(align_of::<ResampleMixedImage>()) as u64;
    assert!(
        table.base.is_multiple_of(align) && table.batch_stride.is_multiple_of(align),
        "the table of descriptors begins at {:#x}, with entries {} bytes apart; both must be multiples of {align}",
        table.base,
        table.batch_stride
    );
    table
}

/// The plan of a chain.
pub(in crate::mixed) fn plan(chain: &CudaChain) -> Arc<dyn Plan> {
    match chain.template.resample {
        Some(weights) => Arc::new(ResamplePlan::new(&chain.template, weights)),
        None => Arc::new(CudaPlan::new(chain)),
    }
}

impl CudaPlan {
    pub(super) fn new(chain: &CudaChain) -> Self {
        let template = &chain.template;
        let module = match template.input.channels {
            _ if template.nv12 => &pixelflume_kernels::SAMPLE_MIXED_NV12,
            1 => &pixelflume_kernels::SAMPLE_MIXED_GRAY,
            3 => &pixelflume_kernels::SAMPLE_MIXED_RGB,
            _ => &pixelflume_kernels::SAMPLE_MIXED_RGBA,
        };
        CudaPlan {
            output: template.output,
            module: &module.kernels,
            args: template.pixels.arguments(template.output),
        }
    }
}

impl fmt::Debug for CudaPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CudaPlan")
            .field("output", &self.output)
            .field("module", &self.module.name)
            .finish_non_exhaustive()
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The kernel reads the descriptors, and writes the rows of the output. That it may read the images
// of the descriptors is promised by whoever takes the plan out of a `MixedChain`.
unsafe impl Plan for CudaPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Kernel(
            device.kernel(self.module, "sample_mixed")?,
        )])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let [Code::Kernel(function)] = code else {
            panic!("a mixed chain was bound to the code of another plan");
        };
        let args = SampleArgs {
            src: descriptors(binding, self.output),
            dst: binding.output.param(),
            ..self.args
        };
        launches.push(Launch::kernel(
            function.clone(),
            mixed_grid(&args, function.residency()),
            Args::of(&args),
        ));
    }
}
