//! The plan of `canny`.

use super::host::CannyHost;
use super::{KIND, cuda};
use crate::contract::{Binding, Code, Plan, checks};
use crate::image::ImageShape;
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::CannyArgs;
use std::sync::Arc;

/// The entries of the CUDA module, in the order of their launches.
const ENTRIES: [&str; 4] = ["canny_classes", "canny_merge", "canny_mark", "canny_edges"];

/// The plan: on CUDA four launches, on the host one.
#[derive(Debug)]
pub(super) struct CannyPlan {
    pub(super) input: ImageShape,
    /// The lower threshold of magnitudes.
    pub(super) low: i32,
    /// The upper threshold of magnitudes.
    pub(super) high: i32,
    /// 3, 5 or 7.
    pub(super) aperture: u32,
    pub(super) l2_gradient: bool,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The executors read the rows of the input, and write and then read the rows of the output; on CUDA also the
// workspace, which has a label of four bytes for each pixel of each image: the first launch writes the label of each pixel that is a
// candidate, and the others read and write those of candidates alone. A label is the index of a pixel of the same image. Each launch ends, as
// `kernels/union_find.cuh` shows for the loops over labels.
unsafe impl Plan for CannyPlan {
    fn output(&self) -> ImageShape {
        ImageShape::u8(self.input.width, self.input.height, 1)
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => {
                let pixels = self.input.width as usize * self.input.height as usize;
                batch as usize * pixels * size_of::<u32>()
            }
            DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::CANNY.kernels;
                let kernel = |entry| Ok(Code::Kernel(device.kernel(module, entry)?));
                ENTRIES.into_iter().map(kernel).collect()
            }
            DeviceKind::Host => {
                let level = Level::new();
                let host: Arc<dyn HostKernel> = match self.aperture {
                    3 => Arc::new(CannyHost::<3> { level }),
                    5 => Arc::new(CannyHost::<5> { level }),
                    _ => Arc::new(CannyHost::<7> { level }),
                };
                Ok(vec![Code::Host(host)])
            }
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let args = CannyArgs {
            src: checks::single_input(KIND, binding, self.input, self.output()),
            dst: binding.output.param(),
            labels: binding.workspace.raw(),
            low: self.low,
            high: self.high,
            aperture: self.aperture,
            l2_gradient: self.l2_gradient.into(),
        };
        for code in code {
            launches.push(code.launch(&args, cuda::grid));
        }
    }
}
