//! The plan of operators that make 8-bit samples of 8-bit samples by a table of 256 entries: `lut`, `gamma`, `brightness` and others.

mod cuda;
pub(crate) mod host;

pub(crate) use cuda::grid;

use crate::contract::{Action, Binding, Code, OperatorError, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use host::PointTableHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::LutArgs;
use std::fmt;
use std::sync::Arc;

/// What each value of a sample becomes.
pub(crate) type PointTable = [u8; 256];

/// The table of a function of the sample.
pub(crate) fn table(of: impl Fn(u8) -> u8) -> PointTable {
    std::array::from_fn(|sample| of(sample as u8))
}

/// The plan that looks up all samples in one table. The input is a u8 image with any channels, interleaved or planar; the output
/// has the same shape.
///
/// # Errors
/// [`OperatorError`] for any other input.
pub(crate) fn elementwise(
    operator: &'static str,
    inputs: &[ImageShape],
    table: PointTable,
) -> Result<Arc<dyn Plan>, OperatorError> {
    let shape = checks::u8_elementwise::<1>(operator, inputs)?;
    Ok(plan(operator, shape, Arc::new([table])))
}

/// The plan that looks up the samples of an image of 1 or 3 channels, as torchvision's functions of colors take them, in one table.
///
/// # Errors
/// [`OperatorError`] for any other input.
pub(crate) fn gray_or_rgb(
    operator: &'static str,
    inputs: &[ImageShape],
    table: PointTable,
) -> Result<Arc<dyn Plan>, OperatorError> {
    let shape = checks::gray_or_rgb(operator, inputs)?;
    Ok(plan(operator, shape, Arc::new([table])))
}

/// The plan that looks up the samples of each channel in its own table, or all of them in the only one. The image is one of
/// interleaved u8 samples with as many channels as tables, or with one table an image of any layout and channels.
pub(crate) fn plan(
    operator: &'static str,
    shape: ImageShape,
    tables: Arc<[PointTable]>,
) -> Arc<dyn Plan> {
    Arc::new(PointTablePlan {
        operator,
        shape,
        tables,
    })
}

struct PointTablePlan {
    operator: &'static str,
    /// The shape of the input and of the output.
    shape: ImageShape,
    tables: Arc<[PointTable]>,
}

impl fmt::Debug for PointTablePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PointTablePlan")
            .field("operator", &self.operator)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl PointTablePlan {
    /// The arguments; `tables` is the address of the tables on CUDA.
    fn args(&self, src: ImageParam, dst: ImageParam, tables: u64) -> LutArgs {
        LutArgs {
            src,
            dst,
            tables,
            stride: 0,
            count: self.tables.len() as u32,
            reserved: 0,
        }
    }

    fn host_code(&self) -> Arc<dyn StripCode> {
        let tables = Arc::clone(&self.tables);
        Arc::new(HostCode(PointTableHost { tables }))
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and the tables, and write the rows of the output. An
// 8-bit sample is an index of a table.
unsafe impl Plan for PointTablePlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn tables(&self) -> &[u8] {
        self.tables.as_flattened()
    }

    fn stage(&self) -> Option<Stage> {
        let shapes = (self.shape, self.shape);
        let args = |src, dst| self.args(src, dst, 0);
        Some(Stage {
            operator: self.operator,
            input: self.shape,
            output: self.shape,
            action: Action::Other,
            host: BoundStrips::stage(self.host_code(), shapes, ImageBatch::sample_param, args),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::LUT.kernels, "lut")?)
            }
            DeviceKind::Host => {
                let host: Arc<dyn HostKernel> = self.host_code();
                Code::Host(host)
            }
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.shape], self.shape);
        let (src, dst) = (
            binding.inputs[0].sample_param(),
            binding.output.sample_param(),
        );
        let args = self.args(src, dst, binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
