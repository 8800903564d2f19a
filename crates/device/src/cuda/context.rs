//! The primary context of a GPU, which all users of the driver in a process share.
#![expect(unsafe_code, reason = "calls the driver")]

use super::start::start_failed;
use crate::error::Unavailable;
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::ffi::{CuContext, CuDevice};

/// One use of a primary context. The driver counts them, and destroys the context with the last.
pub(super) struct PrimaryContext {
    driver: &'static Driver,
    device: CuDevice,
    raw: CuContext,
}

impl PrimaryContext {
    pub(super) fn retain(driver: &'static Driver, device: CuDevice) -> Result<Self, Unavailable> {
        let mut raw = CuContext::NULL;
        // SAFETY: `raw` is a valid place for the result and `device` a device.
        unsafe { driver.cuDevicePrimaryCtxRetain(&mut raw, device) }
            .ok()
            .map_err(|result| start_failed("cuDevicePrimaryCtxRetain", result))?;
        Ok(PrimaryContext {
            driver,
            device,
            raw,
        })
    }

    pub(super) fn device(&self) -> CuDevice {
        self.device
    }

    pub(super) fn raw(&self) -> CuContext {
        self.raw
    }
}

impl Drop for PrimaryContext {
    fn drop(&mut self) {
        // SAFETY: gives back what `retain` took, once. Every handle of the context keeps this alive.
        let _ = unsafe { self.driver.cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}
