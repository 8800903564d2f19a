//! Single operators by the kernels of fused runs.

use super::fuse;
use crate::contract::{Binding, Code, Plan, Stage};
use crate::image::ImageShape;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

/// A plan that on CUDA is a run of one stage, and on the host is what the operator made it.
#[derive(Debug)]
struct Single {
    fast: Arc<dyn Plan>,
    plain: Arc<dyn Plan>,
}

/// The faster plan of the same operator on CUDA, or the one given where no rule takes it alone.
pub(crate) fn fast(plain: Arc<dyn Plan>) -> Arc<dyn Plan> {
    match plain.stage().map(|stage| fuse(&[stage], DeviceKind::Cuda)) {
        Some(Ok((_, fast))) => Arc::new(Single { fast, plain }),
        _ => plain,
    }
}

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: the launches are those of one of the two plans, with the code that this plan gave.
unsafe impl Plan for Single {
    fn output(&self) -> ImageShape {
        self.plain.output()
    }

    fn tables(&self) -> &[u8] {
        self.fast.tables()
    }

    fn stage(&self) -> Option<Stage> {
        self.plain.stage()
    }

    fn plain(&self) -> Option<Arc<dyn Plan>> {
        Some(Arc::clone(&self.plain))
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => Arc::clone(&self.fast).code(device),
            DeviceKind::Host => Arc::clone(&self.plain).code(device),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        match code {
            [Code::Kernel(_), ..] => self.fast.bind(code, binding, launches),
            _ => self.plain.bind(code, binding, launches),
        }
    }
}
