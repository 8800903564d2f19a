//! The plan of operators with one input and one launch.

use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::StripCode;
use crate::image::{ImageBatch, ImageParam, ImageShape};
use bytemuck::{NoUninit, Zeroable};
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, HostKernel, KernelModule, Launch};
use std::fmt;
use std::sync::Arc;

/// The plan of an operator with one input whose executors are one kernel each, with the arguments `A`.
pub(crate) struct UnaryPlan<A, F> {
    /// The kind of the operator.
    pub(crate) operator: &'static str,
    /// The module of the CUDA kernel.
    pub(crate) module: &'static KernelModule,
    /// The CUDA kernel of this module.
    pub(crate) entry: &'static str,
    /// The grid of the CUDA kernel.
    pub(crate) grid: fn(&A) -> Grid,
    /// The host executor.
    pub(crate) host: Arc<dyn StripCode>,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    /// Whether the kernels take images as rows of samples without channels.
    pub(crate) elementwise: bool,
    /// Makes the arguments of the images read and written.
    pub(crate) args: F,
    /// The computation as data, for fusion; `None` for an operator that cannot be part of a chain.
    pub(crate) action: Option<Action>,
}

impl<A, F> fmt::Debug for UnaryPlan<A, F>
where
    A: fmt::Debug,
    F: Fn(ImageParam, ImageParam) -> A,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryPlan")
            .field("operator", &self.operator)
            .field("input", &self.input)
            .field("output", &self.output)
            .field("args", &(self.args)(Zeroable::zeroed(), Zeroable::zeroed()))
            .finish_non_exhaustive()
    }
}

impl<A, F> UnaryPlan<A, F> {
    fn param(&self) -> fn(&ImageBatch) -> ImageParam {
        match self.elementwise {
            true => ImageBatch::sample_param,
            false => ImageBatch::param,
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl<A, F> Plan for UnaryPlan<A, F>
where
    A: NoUninit + fmt::Debug,
    F: Fn(ImageParam, ImageParam) -> A + Send + Sync,
{
    fn output(&self) -> ImageShape {
        self.output
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: self.operator,
            input: self.input,
            output: self.output,
            action: self.action.clone()?,
            host: BoundStrips::stage(
                Arc::clone(&self.host),
                (self.input, self.output),
                self.param(),
                &self.args,
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => Code::Kernel(device.kernel(self.module, self.entry)?),
            DeviceKind::Host => {
                let host: Arc<dyn HostKernel> = self.host.clone();
                Code::Host(host)
            }
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.input], self.output);
        let param = self.param();
        let args = (self.args)(param(&binding.inputs[0]), param(&binding.output));
        launches.push(code[0].launch(&args, self.grid));
    }
}
