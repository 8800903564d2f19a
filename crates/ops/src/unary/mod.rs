//! The plan of operators with one input, one launch and at most two numbers as parameters.

use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::StripCode;
use crate::image::{ImageBatch, ImageParam, ImageShape};
use crate::kernels::args::UnaryArgs;
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, Grid, KernelModule, Launch};
use std::fmt;
use std::sync::Arc;

/// See [`UnaryArgs`] for what `a` and `b` mean to each kernel.
pub(crate) struct UnaryPlan {
    pub(crate) operator: &'static str,
    pub(crate) module: &'static KernelModule,
    /// Name of the kernel.
    pub(crate) entry: &'static str,
    pub(crate) grid: fn(&UnaryArgs) -> Grid,
    pub(crate) host: fn(Level) -> Arc<dyn StripCode>,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    /// The images are seen as rows of samples without channels.
    pub(crate) elementwise: bool,
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// The same as data.
    pub(crate) action: Action,
}

impl fmt::Debug for UnaryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryPlan")
            .field("operator", &self.operator)
            .field("input", &self.input)
            .field("output", &self.output)
            .field("a", &self.a)
            .field("b", &self.b)
            .finish_non_exhaustive()
    }
}

impl UnaryPlan {
    fn param(&self) -> fn(&ImageBatch) -> ImageParam {
        match self.elementwise {
            true => ImageBatch::sample_param,
            false => ImageBatch::param,
        }
    }

    fn args(&self, src: ImageParam, dst: ImageParam) -> UnaryArgs {
        UnaryArgs {
            src,
            dst,
            a: self.a,
            b: self.b,
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for UnaryPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: self.operator,
            input: self.input,
            output: self.output,
            action: self.action.clone(),
            host: BoundStrips::stage(
                (self.host)(Level::new()),
                (self.input, self.output),
                self.param(),
                |src, dst| self.args(src, dst),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => Code::Kernel(device.kernel(self.module, self.entry)?),
            DeviceKind::Host => Code::Host((self.host)(Level::new())),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.input], self.output);
        let param = self.param();
        let args = self.args(param(&binding.inputs[0]), param(&binding.output));
        launches.push(code[0].launch(&args, self.grid));
    }
}
