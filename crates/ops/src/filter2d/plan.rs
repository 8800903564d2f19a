//! The plan of a filter: its taps are a table in device memory, as they do not fit into the arguments of a launch.

use super::cuda;
use super::host::FilterHost;
use super::{Filter2d, FilterOutput, KIND};
use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use bytemuck::Zeroable;
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::{Filter2dArgs, FilterTap};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Filter2dPlan {
    input: ImageShape,
    output: FilterOutput,
    taps: Arc<[FilterTap]>,
    /// The arguments without images and without the address of the taps.
    args: Filter2dArgs,
}

impl Filter2dPlan {
    pub(super) fn new(input: ImageShape, filter: &Filter2d) -> Self {
        let (columns, rows) = filter.size();
        let (anchor_x, anchor_y) = filter.anchor();
        let taps: Arc<[FilterTap]> = filter.kernel.taps((anchor_x, anchor_y)).into();
        let args = Filter2dArgs {
            count: taps.len() as u32,
            columns,
            rows,
            anchor_x,
            anchor_y,
            outside: filter.border.outside(),
            clamp: u32::from(filter.output == FilterOutput::Clamped),
            delta: filter.delta as f32,
            ..Zeroable::zeroed()
        };
        Filter2dPlan {
            input,
            output: filter.output,
            taps,
            args,
        }
    }

    /// The arguments; `taps` is the address of the taps on CUDA.
    fn args(&self, src: ImageParam, dst: ImageParam, taps: u64) -> Filter2dArgs {
        Filter2dArgs {
            src,
            dst,
            taps,
            ..self.args
        }
    }

    fn host_code(&self) -> Arc<dyn StripCode> {
        let (level, taps) = (Level::new(), Arc::clone(&self.taps));
        match self.output {
            FilterOutput::Clamped => Arc::new(HostCode(FilterHost::<u8>::new(level, taps))),
            FilterOutput::Signed => Arc::new(HostCode(FilterHost::<i16>::new(level, taps))),
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and `count` taps, which is the length of the table, and
// write the rows of the output.
unsafe impl Plan for Filter2dPlan {
    fn output(&self) -> ImageShape {
        ImageShape {
            sample: self.output.sample(),
            ..self.input
        }
    }

    fn tables(&self) -> &[u8] {
        bytemuck::cast_slice(&self.taps)
    }

    fn stage(&self) -> Option<Stage> {
        let shapes = (self.input, self.output());
        let args = |src, dst| self.args(src, dst, 0);
        Some(Stage {
            operator: KIND,
            input: shapes.0,
            output: shapes.1,
            action: Action::Other,
            host: BoundStrips::stage(self.host_code(), shapes, ImageBatch::param, args),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::FILTER_2D.kernels, KIND)?)
            }
            DeviceKind::Host => {
                let host: Arc<dyn HostKernel> = self.host_code();
                Code::Host(host)
            }
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(KIND, binding, &[self.input], self.output());
        let (src, dst) = (binding.inputs[0].param(), binding.output.param());
        let args = self.args(src, dst, binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
