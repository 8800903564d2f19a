//! Single operators through the CUDA kernels of fused chains.

use crate::contract::{Binding, Code, Plan, Stage};
use crate::fusion::fuse;
use crate::image::ImageShape;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

/// The plan of one operator that is a chain of one stage on CUDA, and the operator's own plan on the host.
#[derive(Debug)]
struct OneStageChain {
    /// The plan that the fusion rule made.
    chain: Arc<dyn Plan>,
    /// The operator's own plan.
    own: Arc<dyn Plan>,
}

/// The plan of the same operator through the CUDA kernels of fused chains, which are the faster ones; `own` where no rule takes
/// the operator alone.
///
/// A rule takes every plan of the operators that move or convert pixels (`one_stage_tests.rs`): their own CUDA kernels are
/// oracle kernels. Of the operators that make floating-point numbers it takes all whose tables have steps. It takes blurs of at
/// most 9 taps and Sobel magnitudes, but not the other blurs and derivatives.
pub(crate) fn as_chain(own: Arc<dyn Plan>) -> Arc<dyn Plan> {
    match own.stage().map(|stage| fuse(&[stage], DeviceKind::Cuda)) {
        Some(Ok((_, chain))) => Arc::new(OneStageChain { chain, own }),
        _ => own,
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: the launches are those of one of the two plans, with the code that the same plan gave.
unsafe impl Plan for OneStageChain {
    fn output(&self) -> ImageShape {
        self.own.output()
    }

    fn tables(&self) -> &[u8] {
        self.chain.tables()
    }

    fn stage(&self) -> Option<Stage> {
        self.own.stage()
    }

    #[cfg(any(test, feature = "testing"))]
    fn oracle(&self) -> Option<Arc<dyn Plan>> {
        Some(Arc::clone(&self.own))
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => Arc::clone(&self.chain).code(device),
            DeviceKind::Host => Arc::clone(&self.own).code(device),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        match code {
            [Code::Kernel(_), ..] => self.chain.bind(code, binding, launches),
            _ => self.own.bind(code, binding, launches),
        }
    }
}

#[cfg(test)]
#[path = "one_stage_tests.rs"]
mod tests;
