//! The plan of `clahe`.

use super::grid::TileGrid;
use super::host::ClaheHost;
use super::{KIND, cuda};
use crate::contract::{Binding, Code, Plan, checks};
use crate::image::ImageShape;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::ClaheArgs;
use std::sync::Arc;

/// The plan: on CUDA the tables of all tiles, then the pixels; on the host one launch for both.
#[derive(Debug)]
pub(super) struct ClahePlan {
    /// The shape of the input and of the output.
    pub(super) shape: ImageShape,
    pub(super) grid: TileGrid,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The executors read the rows of the input and write the rows of the output; on CUDA, before, the first
// of two launches writes 256 bytes for each tile of each image to the workspace, and the second one reads them.
unsafe impl Plan for ClahePlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => batch as usize * self.grid.tiles() * 256,
            DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let kernel = |entry| -> Result<Code, DeviceError> {
            let module = &pixelflume_kernels::CLAHE.kernels;
            Ok(Code::Kernel(device.kernel(module, entry)?))
        };
        match device.kind() {
            DeviceKind::Cuda => Ok(vec![kernel("clahe_tables")?, kernel("clahe")?]),
            DeviceKind::Host => {
                let host = ClaheHost::new(self.shape, self.grid);
                Ok(vec![Code::Host(Arc::new(host))])
            }
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.shape, self.shape);
        let args = ClaheArgs {
            src,
            dst: binding.output.param(),
            tables: binding.workspace.raw(),
            columns: self.grid.columns,
            rows: self.grid.rows,
            tile_width: self.grid.tile_width,
            tile_height: self.grid.tile_height,
            limit: self.grid.limit,
            reserved: 0,
        };
        match code {
            [tables, pixels] => {
                launches.push(tables.launch(&args, cuda::tables_grid));
                launches.push(pixels.launch(&args, cuda::grid));
            }
            [host] => launches.push(host.launch(&args, cuda::grid)),
            _ => panic!("{KIND} was bound to the code of another plan"),
        }
    }
}
