//! Single operators on CUDA by the kernels of fused chains.

use super::fuse;
use crate::contract::{Binding, Code, Plan, Stage};
use crate::image::ImageShape;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

/// A plan that on CUDA is a chain of one stage, and on the host is the operator's own plan.
#[derive(Debug)]
struct Single {
    chain: Arc<dyn Plan>,
    own: Arc<dyn Plan>,
}

/// The operator's plan with the kernels of a fusion rule on CUDA, or the operator's own plan where no rule takes it alone.
///
/// A rule takes every plan of the operators that move or convert pixels (`single_tests.rs`): their own CUDA kernels are oracle
/// kernels. It takes blurs of at most 9 taps and Sobel magnitudes, but not the other blurs and derivatives.
pub(crate) fn fast(own: Arc<dyn Plan>) -> Arc<dyn Plan> {
    match own.stage().map(|stage| fuse(&[stage], DeviceKind::Cuda)) {
        Some(Ok((_, chain))) => Arc::new(Single { chain, own }),
        _ => own,
    }
}

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: the launches are those of one of the two plans, with the code that this plan gave.
unsafe impl Plan for Single {
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
#[path = "single_tests.rs"]
mod tests;
