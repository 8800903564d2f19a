//! Single operators through the CUDA kernels of fused chains.

use crate::contract::{Binding, Code, Plan, Stage};
use crate::fusion::fuse;
use crate::image::ImageShape;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::{Arc, OnceLock};

/// The plan of one operator that is a chain of one stage on CUDA, and the operator's own plan on the host.
#[derive(Debug)]
struct OneStageChain {
    /// The operator's own plan.
    own: Arc<dyn Plan>,
    /// The plan that the fusion rule makes; `None` where no rule takes the operator alone. It is made when it is first asked for:
    /// most plans are for the host, or become parts of longer chains.
    chain: OnceLock<Option<Arc<dyn Plan>>>,
}

impl OneStageChain {
    fn chain(&self) -> Option<&Arc<dyn Plan>> {
        let chain = || {
            let (_, chain) = fuse(&[self.own.stage()?], DeviceKind::Cuda).ok()?;
            Some(chain)
        };
        self.chain.get_or_init(chain).as_ref()
    }

    /// The plan for CUDA.
    fn cuda(&self) -> &Arc<dyn Plan> {
        self.chain().unwrap_or(&self.own)
    }
}

/// The plan of the same operator through the CUDA kernels of fused chains, which are the faster ones; `own` where no rule takes
/// the operator alone.
///
/// A rule takes every plan of the operators that move or convert pixels of interleaved 8-bit images (`one_stage_tests.rs`): their
/// own CUDA kernels are oracle kernels, but for gathers and resamples, which take other cases as well. Of the operators that make
/// floating-point numbers it takes all whose tables have steps. It takes blurs of at most 9 taps and Sobel magnitudes, but not the
/// other blurs and derivatives.
pub(crate) fn as_chain(own: Arc<dyn Plan>) -> Arc<dyn Plan> {
    let chain = OnceLock::new();
    Arc::new(OneStageChain { own, chain })
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: the launches are those of one of the two plans, with the code that the same plan gave.
unsafe impl Plan for OneStageChain {
    fn output(&self) -> ImageShape {
        self.own.output()
    }

    fn tables(&self) -> &[u8] {
        self.cuda().tables()
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => self.cuda().workspace_bytes(device, batch),
            DeviceKind::Host => self.own.workspace_bytes(device, batch),
        }
    }

    fn stage(&self) -> Option<Stage> {
        self.own.stage()
    }

    #[cfg(any(test, feature = "testing"))]
    fn oracle(&self) -> Option<Arc<dyn Plan>> {
        match self.chain() {
            Some(_) => Some(Arc::clone(&self.own)),
            None => self.own.oracle(),
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => Arc::clone(self.cuda()).code(device),
            DeviceKind::Host => Arc::clone(&self.own).code(device),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        match code {
            [Code::Kernel(_), ..] => self.cuda().bind(code, binding, launches),
            _ => self.own.bind(code, binding, launches),
        }
    }
}

#[cfg(test)]
#[path = "one_stage_tests.rs"]
mod tests;
