//! The plan of operators that look samples up in tables which depend on the image: `equalize_hist`, `equalize`, `autocontrast` and
//! `otsu_threshold`.
//!
//! A table is made from the histogram of a channel. On CUDA there are three launches: histograms of parts of each image, which each block
//! writes to memory of its own, so that nothing depends on an order; the tables of each image, from the sums of its parts; and the look-up.
//! On the host one launch does the same, some images at a time.

mod cuda;
mod host;
mod tables;

pub(crate) use tables::Measured;

use crate::contract::{Binding, Code, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table;
use crate::totals::{self, countable};
use host::MeasuredHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::{LutArgs, MeasuredTablesArgs};
use std::sync::Arc;

/// The plan for an image of 1 or 3 interleaved channels of u8 samples, each of which has a histogram and a table.
///
/// # Errors
/// [`OperatorError::Shape`] where the image is too large to be counted.
pub(crate) fn plan(
    operator: &'static str,
    shape: ImageShape,
    measured: Measured,
) -> Result<Arc<dyn Plan>, OperatorError> {
    countable(operator, shape)?;
    Ok(Arc::new(MeasuredPlan {
        operator,
        shape,
        measured,
    }))
}

#[derive(Debug)]
struct MeasuredPlan {
    operator: &'static str,
    /// The shape of the input and of the output.
    shape: ImageShape,
    measured: Measured,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The first launch reads the rows of the input and writes histograms to the workspace, the second
// reads these and writes tables behind them, and the third reads the rows of the input and the tables, and writes the rows of the
// output. `cuda::Workspace` says where histograms and tables are, and how large the workspace is. The host executor reads the rows of
// the input and writes those of the output.
unsafe impl Plan for MeasuredPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => cuda::Workspace::of(self.shape, batch).bytes,
            DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::HISTOGRAM.kernels;
                let lut = &pixelflume_kernels::LUT.kernels;
                Ok(vec![
                    Code::Kernel(device.kernel(module, totals::cuda::entry(self.shape.channels))?),
                    Code::Kernel(device.kernel(module, "measured_tables")?),
                    Code::Kernel(device.kernel(lut, "lut")?),
                ])
            }
            DeviceKind::Host => {
                let (measured, channels) = (self.measured, self.shape.channels as usize);
                Ok(vec![Code::Host(Arc::new(MeasuredHost {
                    measured,
                    channels,
                }))])
            }
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.shape], self.shape);
        let (input, output) = (&binding.inputs[0], &binding.output);
        let workspace = cuda::Workspace::of(self.shape, output.param().batch);
        let (src, dst) = (input.sample_param(), output.sample_param());
        let lut = LutArgs {
            src,
            dst,
            tables: 0,
            stride: workspace.table_stride,
            count: self.shape.channels,
            reserved: 0,
        };
        match code {
            [host @ Code::Host(_)] => launches.push(host.launch(&lut, point_table::grid)),
            [histogram, tables, look_up] => {
                let histograms = binding.workspace.raw();
                let at_tables = histograms + workspace.tables;
                let args = totals::cuda::args(input, histograms);
                launches.push(histogram.launch(&args, totals::cuda::grid));
                let (threshold_type, maximum) = self.measured.threshold();
                let args = MeasuredTablesArgs {
                    histograms,
                    tables: at_tables,
                    parts: workspace.parts,
                    channels: self.shape.channels,
                    batch: dst.batch,
                    kind: self.measured.number(),
                    pixels: self.shape.width * self.shape.height,
                    threshold_type,
                    maximum,
                    reserved: 0,
                };
                launches.push(tables.launch(&args, cuda::tables_grid));
                let args = LutArgs {
                    tables: at_tables,
                    ..lut
                };
                launches.push(look_up.launch(&args, point_table::grid));
            }
            _ => panic!("{} was bound to the code of another plan", self.operator),
        }
    }
}
