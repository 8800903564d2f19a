//! The functions of the fake driver for devices and contexts.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::c_char;

use super::Fake;
use super::calls::{code, give, number, raw};
use super::state::FakeState;
use crate::ffi::{CuContext, CuDevice, device_attribute};
use crate::result::CuResult;

impl Fake {
    pub(crate) unsafe fn cuInit(&self, flags: u32) -> CuResult {
        code(self.call("cuInit", |state| match flags {
            0 if state.config.devices == 0 => Err(CuResult::NO_DEVICE),
            0 => {
                state.start();
                Ok(())
            }
            _ => Err(CuResult::INVALID_VALUE),
        }))
    }

    pub(crate) unsafe fn cuDriverGetVersion(&self, version: *mut i32) -> CuResult {
        // SAFETY: promised by the caller.
        unsafe { give(version, Ok(self.config.version)) }
    }

    pub(crate) unsafe fn cuDeviceGetCount(&self, count: *mut i32) -> CuResult {
        let devices = self.config.devices as i32;
        let outcome = self.call("cuDeviceGetCount", |state| state.device(0).map(|_| devices));
        // SAFETY: promised by the caller.
        unsafe { give(count, outcome) }
    }

    pub(crate) unsafe fn cuDeviceGet(&self, device: *mut CuDevice, ordinal: i32) -> CuResult {
        let outcome = self.call("cuDeviceGet", |state| state.device(ordinal));
        // SAFETY: promised by the caller.
        unsafe { give(device, outcome) }
    }

    pub(crate) unsafe fn cuDeviceGetName(
        &self,
        name: *mut c_char,
        length: i32,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceGetName", |state| {
            let text = format!("Fake {}", state.device(device)?);
            match usize::try_from(length) {
                Ok(length) if length > text.len() => Ok(text),
                _ => Err(CuResult::INVALID_VALUE),
            }
        });
        match outcome {
            Err(code) => code,
            Ok(text) => {
                // SAFETY: there is room for the text and a zero, as was checked above, and the caller promises the place.
                unsafe {
                    name.copy_from_nonoverlapping(text.as_ptr().cast(), text.len());
                    name.add(text.len()).write(0);
                }
                CuResult::SUCCESS
            }
        }
    }

    pub(crate) unsafe fn cuDeviceGetAttribute(
        &self,
        value: *mut i32,
        attribute: i32,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceGetAttribute", |state| {
            state.device(device)?;
            let (major, minor) = state.config.compute_capability;
            match attribute {
                device_attribute::COMPUTE_CAPABILITY_MAJOR => Ok(major),
                device_attribute::COMPUTE_CAPABILITY_MINOR => Ok(minor),
                device_attribute::MULTIPROCESSOR_COUNT => Ok(4),
                device_attribute::MAX_BLOCKS_PER_MULTIPROCESSOR => Ok(32),
                device_attribute::L2_CACHE_SIZE => Ok(1 << 20),
                device_attribute::MEMORY_POOLS_SUPPORTED => Ok(1),
                _ => Err(CuResult::INVALID_VALUE),
            }
        });
        // SAFETY: promised by the caller.
        unsafe { give(value, outcome) }
    }

    pub(crate) unsafe fn cuDeviceTotalMem_v2(
        &self,
        bytes: *mut usize,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceTotalMem", |state| {
            state.device(device).map(|_| state.config.memory as usize)
        });
        // SAFETY: promised by the caller.
        unsafe { give(bytes, outcome) }
    }

    pub(crate) unsafe fn cuDevicePrimaryCtxRetain(
        &self,
        context: *mut CuContext,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDevicePrimaryCtxRetain", |state| state.retain(device));
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuDevicePrimaryCtxRelease_v2(&self, device: CuDevice) -> CuResult {
        code(self.call("cuDevicePrimaryCtxRelease", |state| state.release(device)))
    }

    pub(crate) unsafe fn cuCtxGetCurrent(&self, context: *mut CuContext) -> CuResult {
        let outcome = self.call("cuCtxGetCurrent", |state| Ok(state.current().unwrap_or(0)));
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuCtxSetCurrent(&self, context: CuContext) -> CuResult {
        let context = number(context.as_raw());
        code(self.call("cuCtxSetCurrent", |state| state.set_current(context)))
    }

    pub(crate) unsafe fn cuCtxPushCurrent_v2(&self, context: CuContext) -> CuResult {
        let context = number(context.as_raw());
        code(self.call("cuCtxPushCurrent", |state| state.push(context)))
    }

    pub(crate) unsafe fn cuCtxPopCurrent_v2(&self, context: *mut CuContext) -> CuResult {
        let outcome = self.call("cuCtxPopCurrent", FakeState::pop);
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuCtxGetDevice(&self, device: *mut CuDevice) -> CuResult {
        let outcome = self.call("cuCtxGetDevice", FakeState::current_device);
        // SAFETY: promised by the caller.
        unsafe { give(device, outcome) }
    }

    pub(crate) unsafe fn cuCtxSynchronize(&self) -> CuResult {
        code(self.call("cuCtxSynchronize", FakeState::synchronize_all))
    }
}
