//! The plan of `connected_components`.

use super::host::ComponentsHost;
use super::{KIND, cuda};
use crate::contract::{Binding, Code, Plan, checks};
use crate::image::{ImageShape, SampleType};
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, HostKernel, Launch};
use pixelflume_kernels::args::ComponentsArgs;
use std::sync::Arc;

/// The grid of a launch with these arguments.
type GridOf = fn(&ComponentsArgs) -> Grid;

/// The entries of the CUDA module in the order of their launches, each with its grid.
const LAUNCHES: [(&str, GridOf); 6] = [
    ("components_labels", cuda::pixels_grid),
    ("components_merge", cuda::pixels_grid),
    ("components_count", cuda::rows_grid),
    ("components_offsets", cuda::offsets_grid),
    ("components_number", cuda::rows_grid),
    ("components_write", cuda::pixels_grid),
];

/// The plan: on CUDA six launches, on the host one.
#[derive(Debug)]
pub(super) struct ComponentsPlan {
    pub(super) input: ImageShape,
    /// 4 or 8.
    pub(super) connectivity: u32,
}

impl ComponentsPlan {
    /// Bytes of the labels of a batch.
    fn label_bytes(&self, batch: u32) -> usize {
        let pixels = self.input.width as usize * self.input.height as usize;
        batch as usize * pixels * size_of::<u32>()
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The executors read the rows of the input and write the rows of the output; on the host, these are also read after
// they were written. On CUDA the workspace has a label of four bytes for each pixel of each image, and behind them a number of four bytes for each row of
// each image. The first launch writes the labels of all pixels that are not 0, the third the numbers; no launch reads another label, or a
// number before. A label is the index of a pixel of the same image until the fifth launch, which turns those of roots into numbers with a
// mark; the sixth looks up the labels without one, which are indices. Each launch ends, as `kernels/union_find.cuh` shows for the loops over labels.
unsafe impl Plan for ComponentsPlan {
    fn output(&self) -> ImageShape {
        ImageShape {
            sample: SampleType::I32,
            ..ImageShape::u8(self.input.width, self.input.height, 1)
        }
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        let rows = batch as usize * self.input.height as usize * size_of::<u32>();
        match device.kind() {
            DeviceKind::Cuda => self.label_bytes(batch) + rows,
            DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::CONNECTED_COMPONENTS.kernels;
                let kernel = |(entry, _)| Ok(Code::Kernel(device.kernel(module, entry)?));
                LAUNCHES.into_iter().map(kernel).collect()
            }
            DeviceKind::Host => {
                let host: Arc<dyn HostKernel> = match self.connectivity {
                    4 => Arc::new(ComponentsHost::<4>),
                    _ => Arc::new(ComponentsHost::<8>),
                };
                Ok(vec![Code::Host(host)])
            }
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output());
        let labels = binding.workspace;
        let args = ComponentsArgs {
            src,
            dst: binding.output.param(),
            labels: labels.raw(),
            rows: labels.offset(self.label_bytes(src.batch)).raw(),
            connectivity: self.connectivity,
            reserved: 0,
        };
        for (code, (_, grid)) in code.iter().zip(LAUNCHES) {
            launches.push(code.launch(&args, grid));
        }
    }
}
