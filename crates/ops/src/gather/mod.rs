//! The plan of operators that move pixels without computing anything: crop, flip, pad, and the frame of a letterbox.

mod cuda;
pub(crate) mod host;

use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::strips::StripStage;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use crate::kernels::args::GatherArgs;
use fearless_simd::Level;
use host::GatherHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

/// What pixels outside the source become; the numbers are those of `kernels/gather.cu`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Outside {
    Constant = 0,
    Replicate = 1,
    Reflect101 = 2,
    /// They become the constant, and pixels inside keep what they are: the source is not read.
    Frame = 3,
}

impl Outside {
    pub(crate) fn of(number: u32) -> Self {
        let all = [Self::Constant, Self::Replicate, Self::Reflect101];
        all.get(number as usize).copied().unwrap_or(Self::Frame)
    }
}

/// Where the source lies in the output, and what is around it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Gather {
    /// Where the source's left column is in the output, negative where columns are cut off.
    pub(crate) left: i32,
    /// Where the source's top row is in the output.
    pub(crate) top: i32,
    /// Width and height of the source in the output.
    pub(crate) inner: (u32, u32),
    /// Mirrors the source along x and y.
    pub(crate) flip: (bool, bool),
    pub(crate) outside: Outside,
    /// The constant of each channel.
    pub(crate) value: [u8; 4],
}

impl Gather {
    /// The source as it is, at the place where it is.
    pub(crate) fn new(input: ImageShape) -> Self {
        Gather {
            left: 0,
            top: 0,
            inner: (input.width, input.height),
            flip: (false, false),
            outside: Outside::Constant,
            value: [0; 4],
        }
    }

    /// Resolves the code of a launch.
    pub(crate) fn code(device: &Device) -> Result<Code, DeviceError> {
        Ok(match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::GATHER.kernels, "gather")?)
            }
            DeviceKind::Host => Code::Host(host()),
        })
    }

    /// Its part in a fused launch on the host.
    pub(crate) fn strips(self, input: ImageShape, output: ImageShape) -> Arc<dyn StripStage> {
        BoundStrips::stage(host(), (input, output), ImageBatch::param, |src, dst| {
            self.args(src, dst)
        })
    }

    /// The launch over this memory, which has been checked.
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
            outside: self.outside as u32,
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

#[derive(Debug)]
pub(crate) struct GatherPlan {
    pub(crate) operator: &'static str,
    pub(crate) input: ImageShape,
    pub(crate) output: ImageShape,
    pub(crate) gather: Gather,
}

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: `bind` checks the memory; the executors read places of the input, kept inside of it by the rules for what is outside, and
// write the rows of the output.
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
        Ok(vec![Gather::code(device)?])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.input], self.output);
        launches.push(self.gather.launch(&code[0], binding));
    }
}
