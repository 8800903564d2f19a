//! Single operators by the kernels of chains.

use super::SamplePlan;
use crate::fusion::Stage;
use crate::{Binding, Code, ImageShape, Plan};
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

/// A plan that on CUDA samples, and on the host is what the operator made it.
#[derive(Debug)]
struct Single {
    sample: Arc<SamplePlan>,
    plain: Arc<dyn Plan>,
}

/// The faster plan of the same operator on CUDA, or the one given where there is none.
pub(crate) fn fast(plain: Arc<dyn Plan>) -> Arc<dyn Plan> {
    match plain.stage().map(|stage| SamplePlan::new(&[stage])) {
        Some(Ok(sample)) => Arc::new(Single {
            sample: Arc::new(sample),
            plain,
        }),
        _ => plain,
    }
}

impl Plan for Single {
    fn output(&self) -> ImageShape {
        self.plain.output()
    }

    fn tables(&self) -> &[u8] {
        self.sample.tables()
    }

    fn stage(&self) -> Option<Stage> {
        self.plain.stage()
    }

    fn plain(&self) -> Option<Arc<dyn Plan>> {
        Some(Arc::clone(&self.plain))
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => Arc::clone(&self.sample).code(device),
            DeviceKind::Host => Arc::clone(&self.plain).code(device),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        match code {
            [Code::Kernel(_)] => self.sample.bind(code, binding, launches),
            _ => self.plain.bind(code, binding, launches),
        }
    }
}
