//! The plan of gathers: `crop`, `center_crop`, `flip`, `pad`, and the border of `letterbox`.

mod cuda;
pub(crate) mod host;

use crate::contract::stage::GatherMap;
use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::strips::StripStage;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use host::GatherHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::GatherArgs;
use std::sync::Arc;

impl GatherMap {
    /// Resolves the code of gathers on a device.
    pub(crate) fn code(device: &Device) -> Result<Code, DeviceError> {
        Ok(match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::oracle::GATHER.kernels, "gather")?)
            }
            DeviceKind::Host => Code::Host(host()),
        })
    }

    /// The gather as a stage of chains on the host.
    pub(crate) fn strips(self, input: ImageShape, output: ImageShape) -> Arc<dyn StripStage> {
        BoundStrips::stage(host(), (input, output), ImageBatch::param, |src, dst| {
            self.args(src, dst)
        })
    }

    /// The launch over the memory of a binding that was checked.
    pub(crate) fn launch(&self, code: &Code, binding: &Binding<'_>) -> Launch {
        let args = self.args(binding.inputs[0].param(), binding.output.param());
        code.launch(&args, cuda::grid)
    }

    fn args(&self, src: ImageParam, dst: ImageParam) -> GatherArgs {
        GatherArgs {
            src,
            dst,
            left: self.left,
            top: self.top,
            inner_width: self.inner.0,
            inner_height: self.inner.1,
            flip: u32::from(self.flip.0) | u32::from(self.flip.1) << 1,
            outside: self.border as u32,
            value: self.value,
            reserved: 0,
        }
    }
}

fn host() -> Arc<dyn StripCode> {
    Arc::new(HostCode(GatherHost {
        level: Level::new(),
    }))
}

/// The plan of an operator that is a gather.
#[derive(Debug)]
pub(crate) struct GatherPlan {
    pub(crate) operator: &'static str,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    pub(crate) gather: GatherMap,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read positions that the border mode keeps inside the input, and write the rows
// of the output.
unsafe impl Plan for GatherPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: self.operator,
            input: self.input,
            output: self.output,
            action: Action::Gather(self.gather),
            host: self.gather.strips(self.input, self.output),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![GatherMap::code(device)?])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.input], self.output);
        launches.push(self.gather.launch(&code[0], binding));
    }
}
