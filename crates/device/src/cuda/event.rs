//! Events of a GPU, pooled: making one costs more than using it.
#![expect(unsafe_code, reason = "calls the driver")]

use super::CudaDevice;
use crate::DeviceError;
use parking_lot::Mutex;
use pixelflume_cuda_driver::CuResult;
use pixelflume_cuda_driver::ffi::{self, CuEvent, event_flags};
use std::sync::Arc;

/// Events that nobody uses now. Any earlier record of one is harmless: it is over, or its next user records it anew
/// before anybody waits for it.
#[derive(Default)]
pub(super) struct EventPool(Mutex<Vec<CuEvent>>);

impl EventPool {
    /// Destroys the pooled events; the context is current.
    pub(super) fn destroy(&self) {
        for event in self.0.lock().drain(..) {
            // SAFETY: a pooled event has no other owner. Work that still refers to it goes on.
            let _ = unsafe { ffi::cuEventDestroy_v2(event) };
        }
    }
}

/// An event of a GPU, without time stamps.
pub(crate) struct CudaEvent {
    raw: CuEvent,
    device: Arc<CudaDevice>,
}

impl CudaEvent {
    pub(super) fn new(device: &Arc<CudaDevice>) -> Result<Self, DeviceError> {
        device.enter()?;
        let pooled = device.events.0.lock().pop();
        let raw = match pooled {
            Some(raw) => raw,
            None => {
                let mut raw = CuEvent::NULL;
                // SAFETY: `raw` is a valid place for the result, and the context is current.
                let result = unsafe { ffi::cuEventCreate(&mut raw, event_flags::DISABLE_TIMING) };
                device.check("cuEventCreate", result)?;
                raw
            }
        };
        Ok(CudaEvent {
            raw,
            device: device.clone(),
        })
    }

    pub(super) fn raw(&self) -> CuEvent {
        self.raw
    }

    pub(super) fn device(&self) -> &Arc<CudaDevice> {
        &self.device
    }

    pub(crate) fn is_complete(&self) -> Result<bool, DeviceError> {
        self.device.enter()?;
        // SAFETY: the event lives as long as `self`.
        match unsafe { ffi::cuEventQuery(self.raw) } {
            result if result == CuResult::NOT_READY => Ok(false),
            result => self.device.check("cuEventQuery", result).map(|()| true),
        }
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.device.enter()?;
        // SAFETY: the event lives as long as `self`.
        self.device.check("cuEventSynchronize", unsafe {
            ffi::cuEventSynchronize(self.raw)
        })
    }
}

impl Drop for CudaEvent {
    fn drop(&mut self) {
        self.device.events.0.lock().push(self.raw);
    }
}
