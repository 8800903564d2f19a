//! The plan of elementwise operators with two inputs: `add`, `abs_diff`, `add_weighted`, `blend` and others.

mod cuda;
pub(crate) mod host;
pub(crate) mod pairwise;
pub(crate) mod reference;

use crate::contract::{Binding, Code, Plan, checks};
use crate::image::{ImageParam, ImageShape};
use bytemuck::NoUninit;
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, HostKernel, Launch};
use std::fmt;
use std::sync::Arc;

pub(crate) use cuda::grid;

/// The plan of an elementwise operator with two inputs whose executors take the arguments `A`.
pub(crate) struct BinaryPlan<A, F> {
    /// The kind of the operator.
    pub(crate) operator: &'static str,
    /// The CUDA kernel in `binary.cu`.
    pub(crate) entry: &'static str,
    /// The shape of both inputs and of the output.
    pub(crate) shape: ImageShape,
    /// The grid of the CUDA kernel.
    pub(crate) grid: fn(&A) -> Grid,
    /// The host executor.
    pub(crate) host: Arc<dyn HostKernel>,
    /// Makes the arguments of the two inputs and of the output, as rows of samples.
    pub(crate) args: F,
}

impl<A, F> fmt::Debug for BinaryPlan<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BinaryPlan")
            .field("operator", &self.operator)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the inputs, and write those of the output.
unsafe impl<A, F> Plan for BinaryPlan<A, F>
where
    A: NoUninit,
    F: Fn([ImageParam; 2], ImageParam) -> A + Send + Sync,
{
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::BINARY.kernels, self.entry)?)
            }
            DeviceKind::Host => Code::Host(Arc::clone(&self.host)),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.shape; 2], self.shape);
        let inputs = [0, 1].map(|input: usize| binding.inputs[input].sample_param());
        let args = (self.args)(inputs, binding.output.sample_param());
        launches.push(code[0].launch(&args, self.grid));
    }
}
