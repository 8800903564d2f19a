//! The plan of a resize with its own executors.

use super::host::{AreaHost, BilinearHost, BlocksHost, FixedHost, HalfHost, NearestHost};
use super::{KIND, cuda};
use crate::contract::stage::ResizeTables;
use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::ResizeArgs;
use std::fmt;
use std::sync::Arc;

/// The plan of a resize: one launch by the tables.
pub(super) struct ResizePlan {
    input: ImageShape,
    output: ImageShape,
    tables: Arc<ResizeTables>,
    /// The tables as the CUDA kernels read them.
    bytes: Vec<u8>,
}

impl fmt::Debug for ResizePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, entry) = cuda::kernel(&self.tables);
        f.debug_struct("ResizePlan")
            .field("input", &self.input)
            .field("output", &self.output)
            .field("kernel", &entry)
            .finish_non_exhaustive()
    }
}

impl ResizePlan {
    pub(super) fn new(input: ImageShape, output: ImageShape, tables: ResizeTables) -> Self {
        ResizePlan {
            input,
            output,
            bytes: tables.bytes(),
            tables: Arc::new(tables),
        }
    }

    fn args(&self, src: ImageParam, dst: ImageParam, tables: u64) -> ResizeArgs {
        let (column_taps, line_taps, shift) = self.tables.numbers();
        ResizeArgs {
            src,
            dst,
            tables,
            column_taps,
            line_taps,
            shift,
            reserved: 0,
        }
    }
}

/// The host executor of these tables for source images of this shape.
pub(super) fn host_code(
    level: Level,
    input: ImageShape,
    output: ImageShape,
    tables: &Arc<ResizeTables>,
) -> Arc<dyn StripCode> {
    let (width, channels) = (input.width as usize, input.channels as usize);
    match &**tables {
        ResizeTables::Bilinear(taps) => {
            let (columns, lines) = taps.split_at(output.width as usize);
            let host = BilinearHost::new(level, width, channels, columns, lines);
            Arc::new(HostCode(host))
        }
        ResizeTables::Half => Arc::new(HostCode(HalfHost { level })),
        ResizeTables::Nearest(indices) => Arc::new(HostCode(NearestHost {
            level,
            indices: indices.clone(),
        })),
        ResizeTables::Fixed {
            columns,
            lines,
            shift,
        } => {
            let host = FixedHost::new(level, (width, channels), columns, lines.clone(), *shift);
            Arc::new(HostCode(host))
        }
        ResizeTables::Float { columns, lines } => {
            let host = AreaHost::new(level, channels, columns.clone(), lines.clone());
            Arc::new(HostCode(host))
        }
        ResizeTables::Blocks { .. } => Arc::new(HostCode(BlocksHost { level })),
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and the tables of the plan, whose positions lie in the
// input, and write the rows of the output.
unsafe impl Plan for ResizePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        &self.bytes
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Resize(Arc::clone(&self.tables)),
            host: BoundStrips::stage(
                host_code(Level::new(), self.input, self.output, &self.tables),
                (self.input, self.output),
                ImageBatch::param,
                |src, dst| self.args(src, dst, 0),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                let (module, entry) = cuda::kernel(&self.tables);
                Code::Kernel(device.kernel(module, entry)?)
            }
            DeviceKind::Host => Code::Host(host_code(
                Level::new(),
                self.input,
                self.output,
                &self.tables,
            )),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output);
        let args = self.args(src, binding.output.param(), binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
