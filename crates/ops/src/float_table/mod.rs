//! The plan of operators that make floating-point numbers of 8-bit samples by a table of each channel: `normalize`, `rescale` and
//! `to_float`.

mod cuda;
pub(crate) mod host;
mod output;
#[cfg(feature = "testing")]
pub(crate) mod testing;

pub(crate) use output::{FloatOutput, LAYOUT, SAMPLE};

use crate::contract::stage::NormalizeTables;
use crate::contract::{Action, Binding, Code, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::{BoundStrips, StripStage};
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
use half::{bf16, f16};
use host::FloatTableHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::FloatTableArgs;
use std::sync::Arc;

/// The one input of these operators: interleaved u8 samples of 1, 3 or 4 channels.
///
/// # Errors
/// [`OperatorError`] for any other input.
pub(crate) fn input(
    operator: &'static str,
    inputs: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let input = checks::u8_input(operator, inputs)?;
    checks::gray_or_color(operator, input)?;
    Ok(input)
}

/// The plan that looks up the samples of an [`input`]. On CUDA it computes the steps of the tables, where they have some, since
/// arithmetic is faster than a look-up.
pub(crate) fn plan(
    operator: &'static str,
    input: ImageShape,
    output: FloatOutput,
    tables: NormalizeTables,
) -> Arc<dyn Plan> {
    as_chain(Arc::new(FloatTablePlan {
        operator,
        input,
        output: output.shape(input),
        tables: Arc::new(tables),
    }))
}

/// The plan by look-ups.
#[derive(Debug)]
struct FloatTablePlan {
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    tables: Arc<NormalizeTables>,
}

impl FloatTablePlan {
    /// The arguments; `tables` is the address of the tables on CUDA.
    fn args(&self, src: ImageParam, dst: ImageParam, tables: u64) -> FloatTableArgs {
        FloatTableArgs {
            src,
            dst,
            tables,
            planar: u32::from(self.output.layout == Layout::Planar),
            sample: match self.output.sample {
                SampleType::Bf16 => 2,
                SampleType::F16 => 1,
                _ => 0,
            },
        }
    }

    /// The stage of the host executor. The input has one plane, so that its rows of samples are its rows of pixels; the widths
    /// differ, but the host executor does not use the width of the input.
    fn strips(&self) -> Arc<dyn StripStage> {
        let shapes = (self.input, self.output);
        BoundStrips::stage(
            self.host_code(),
            shapes,
            ImageBatch::sample_param,
            |src, dst| self.args(src, dst, 0),
        )
    }

    fn host_code(&self) -> Arc<dyn StripCode> {
        let planar = self.output.layout == Layout::Planar;
        let tables = &self.tables.values()[..self.input.channels as usize];
        match self.output.sample {
            SampleType::F16 => {
                Arc::new(HostCode(FloatTableHost::new(tables, planar, f16::from_f32)))
            }
            SampleType::Bf16 => Arc::new(HostCode(FloatTableHost::new(
                tables,
                planar,
                bf16::from_f32,
            ))),
            _ => Arc::new(HostCode(FloatTableHost::new(tables, planar, |value| value))),
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and the tables, and write the rows of the output. An
// 8-bit sample is an index of a table.
unsafe impl Plan for FloatTablePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        bytemuck::cast_slice(self.tables.values())
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: self.operator,
            input: self.input,
            output: self.output,
            action: Action::Normalize {
                tables: Arc::clone(&self.tables),
            },
            host: self.strips(),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::FLOAT_TABLE.kernels;
                Code::Kernel(device.kernel(module, "float_table")?)
            }
            DeviceKind::Host => Code::Host(self.host_code()),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(self.operator, binding, self.input, self.output);
        let args = self.args(src, binding.output.sample_param(), binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
