//! The plan of elementwise operators with two inputs: `abs_diff` and `blend`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;

use crate::contract::{Binding, Code, Plan, checks};
use crate::image::ImageShape;
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::BinaryArgs;
use std::sync::Arc;

/// The plan of an elementwise operator with two inputs.
#[derive(Debug)]
pub(crate) struct BinaryPlan {
    /// The kind of the operator, which is the name of its CUDA kernel as well.
    pub(crate) operator: &'static str,
    /// The shape of both inputs and of the output.
    pub(crate) shape: ImageShape,
    /// See [`BinaryArgs::weight`].
    pub(crate) weight: u32,
    /// The host executor.
    pub(crate) host: fn(Level) -> Arc<dyn HostKernel>,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the inputs, and write those of the output.
unsafe impl Plan for BinaryPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::BINARY.kernels, self.operator)?)
            }
            DeviceKind::Host => Code::Host((self.host)(Level::new())),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.shape; 2], self.shape);
        let args = BinaryArgs {
            a: binding.inputs[0].sample_param(),
            b: binding.inputs[1].sample_param(),
            dst: binding.output.sample_param(),
            weight: self.weight,
            reserved: 0,
        };
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
