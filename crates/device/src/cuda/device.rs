//! One GPU: its context, its memory, and what became of it.
#![expect(unsafe_code, reason = "calls the driver")]

use super::event::EventPool;
use super::graph::Captures;
use super::module::{CudaFunction, Modules};
use super::start::{count, start, start_failed};
use super::{CudaEvent, CudaStream};
use crate::{Address, Capabilities, DeviceError, KernelModule, Unavailable};
use cust::context::Context;
use pixelflume_cuda_driver::ffi::{self, CuContext, CuDevice};
use pixelflume_cuda_driver::{CuResult, error_name};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The oldest GPUs that the committed kernels run on.
const NEEDED_CAPABILITY: (u32, u32) = (7, 5);

/// An open GPU.
pub(crate) struct CudaDevice {
    ordinal: usize,
    raw_device: CuDevice,
    raw_context: CuContext,
    capabilities: Capabilities,
    /// 0, or the code with which the device was lost.
    lost: AtomicU32,
    pub(super) events: EventPool,
    /// Apart from the others: they keep times, and cost more.
    pub(super) timing_events: EventPool,
    pub(super) captures: Captures,
    modules: Modules,
    /// Last, so that everything of the context is gone before it is released.
    _context: Context,
}

impl CudaDevice {
    pub(crate) fn open(ordinal: usize) -> Result<Arc<Self>, DeviceError> {
        let driver_version = start()?;
        let count = count()?;
        let index = i32::try_from(ordinal).ok().filter(|_| ordinal < count);
        let index = index.ok_or(Unavailable::NoSuchDevice {
            asked: ordinal,
            count,
        })?;
        let mut device = 0;
        // SAFETY: `device` is a valid place for the result and the number is one of a device.
        started("cuDeviceGet", unsafe {
            ffi::cuDeviceGet(&mut device, index)
        })?;
        let capabilities = read_capabilities(device, driver_version)?;
        let found = capabilities.compute_capability.unwrap_or((0, 0));
        if found < NEEDED_CAPABILITY {
            let needed = NEEDED_CAPABILITY;
            return Err(Unavailable::DeviceTooOld {
                device: ordinal,
                found,
                needed,
            }
            .into());
        }
        let context = retain(device, index)?;
        Ok(Arc::new(CudaDevice {
            ordinal,
            raw_device: device,
            raw_context: CuContext::from_raw(context.as_raw().cast()),
            capabilities,
            lost: AtomicU32::new(0),
            events: EventPool::default(),
            timing_events: EventPool::default(),
            captures: Captures::default(),
            modules: Modules::default(),
            _context: context,
        }))
    }

    pub(super) fn raw_device(&self) -> CuDevice {
        self.raw_device
    }

    /// Free and total bytes of the device's memory.
    pub(crate) fn memory_info(&self) -> Result<(usize, usize), DeviceError> {
        self.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both are valid places for the results, and the context is current.
        let result = unsafe { ffi::cuMemGetInfo_v2(&mut free, &mut total) };
        self.check("cuMemGetInfo", result)?;
        Ok((free, total))
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.ordinal
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Makes the device's context the calling thread's, as every call below needs it. A thread that uses one device pays
    /// for a look at a thread-local variable of the driver.
    pub(super) fn enter(&self) -> Result<(), DeviceError> {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost != 0 {
            return Err(self.lost_error("an earlier call", lost));
        }
        let mut current = CuContext::NULL;
        // SAFETY: `current` is a valid place for the result.
        let result = unsafe { ffi::cuCtxGetCurrent(&mut current) };
        if result.is_ok() && current == self.raw_context {
            return Ok(());
        }
        // SAFETY: the context is retained as long as `self` lives.
        self.check("cuCtxSetCurrent", unsafe {
            ffi::cuCtxSetCurrent(self.raw_context)
        })
    }

    /// The error that a result stands for. A code that means that the device is lost is remembered.
    pub(super) fn check(&self, call: &'static str, result: CuResult) -> Result<(), DeviceError> {
        if result.is_ok() {
            return Ok(());
        }
        let (code, name) = (result.code(), result.name());
        if result.is_sticky() {
            self.lost.store(code, Ordering::Relaxed);
            return Err(self.lost_error(call, code));
        }
        Err(DeviceError::Driver { call, code, name })
    }

    fn lost_error(&self, call: &'static str, code: u32) -> DeviceError {
        DeviceError::Lost {
            device: self.label(),
            call,
            code,
            name: error_name(code),
        }
    }

    fn label(&self) -> String {
        format!("cuda:{} ({})", self.ordinal, self.capabilities.name)
    }

    pub(crate) fn stream(self: &Arc<Self>) -> Result<CudaStream, DeviceError> {
        CudaStream::new(self)
    }

    pub(crate) fn event(self: &Arc<Self>) -> Result<CudaEvent, DeviceError> {
        CudaEvent::new(self)
    }

    pub(crate) fn timing_event(self: &Arc<Self>) -> Result<CudaEvent, DeviceError> {
        CudaEvent::with_times(self)
    }

    pub(crate) fn kernel(
        &self,
        module: &'static KernelModule,
        name: &'static str,
    ) -> Result<CudaFunction, DeviceError> {
        self.enter()?;
        self.modules.kernel(self, module, name)
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.enter()?;
        // SAFETY: the context is current.
        self.check("cuCtxSynchronize", unsafe { ffi::cuCtxSynchronize() })
    }

    pub(crate) fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.enter()?;
        let mut address = 0;
        // SAFETY: `address` is a valid place for the result, and the context is current.
        let result = unsafe { ffi::cuMemAlloc_v2(&mut address, bytes.max(1)) };
        self.check_allocation("cuMemAlloc", bytes, result)?;
        Ok(Address::new(address))
    }

    /// Frees device memory.
    ///
    /// # Safety
    /// `address` came from [`CudaDevice::allocate`] of this device, is freed once, and no work uses it any more.
    pub(crate) unsafe fn free(&self, address: Address) -> Result<(), DeviceError> {
        self.enter()?;
        // SAFETY: promised by the caller.
        self.check("cuMemFree", unsafe { ffi::cuMemFree_v2(address.raw()) })
    }

    pub(crate) fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.enter()?;
        let mut address = std::ptr::null_mut();
        let flags = ffi::host_alloc_flags::PORTABLE;
        // SAFETY: `address` is a valid place for the result, and the context is current.
        let result = unsafe { ffi::cuMemHostAlloc(&mut address, bytes.max(1), flags) };
        self.check_allocation("cuMemHostAlloc", bytes, result)?;
        Ok(Address::from_ptr(address))
    }

    /// Frees page-locked memory.
    ///
    /// # Safety
    /// `address` came from [`CudaDevice::allocate_pinned`] of this device, is freed once, and nothing uses it any more.
    pub(crate) unsafe fn free_pinned(&self, address: Address) -> Result<(), DeviceError> {
        self.enter()?;
        // SAFETY: promised by the caller.
        self.check("cuMemFreeHost", unsafe {
            ffi::cuMemFreeHost(address.as_ptr())
        })
    }

    pub(super) fn check_allocation(
        &self,
        call: &'static str,
        bytes: usize,
        result: CuResult,
    ) -> Result<(), DeviceError> {
        if result == CuResult::OUT_OF_MEMORY {
            return Err(DeviceError::OutOfMemory {
                call,
                bytes,
                device: self.label(),
            });
        }
        self.check(call, result)
    }
}

impl Drop for CudaDevice {
    fn drop(&mut self) {
        // Nothing to do for a lost context: it took everything with it.
        if self.enter().is_ok() {
            self.events.destroy();
            self.timing_events.destroy();
            self.modules.unload();
        }
    }
}

fn started(call: &'static str, result: CuResult) -> Result<(), DeviceError> {
    result
        .ok()
        .map_err(|result| start_failed(call, result).into())
}

/// Retains the primary context, first by our own call, whose result may be any number; cust's own call then only counts up.
fn retain(device: CuDevice, index: i32) -> Result<Context, DeviceError> {
    let mut raw = CuContext::NULL;
    // SAFETY: `raw` is a valid place for the result and `device` a device.
    started("cuDevicePrimaryCtxRetain", unsafe {
        ffi::cuDevicePrimaryCtxRetain(&mut raw, device)
    })?;
    let context = cust::device::Device::get_device(index.unsigned_abs()).and_then(Context::new);
    // SAFETY: releases what was retained above; cust holds its own count.
    let released = unsafe { ffi::cuDevicePrimaryCtxRelease_v2(device) };
    let context = context.map_err(|error| Unavailable::StartFailed {
        call: "cuDevicePrimaryCtxRetain",
        code: error as u32,
        name: error_name(error as u32),
    })?;
    started("cuDevicePrimaryCtxRelease", released)?;
    Ok(context)
}

fn read_capabilities(
    device: CuDevice,
    driver_version: (u32, u32),
) -> Result<Capabilities, DeviceError> {
    use ffi::device_attribute as attribute;
    let get = |attribute: i32| {
        let mut value = 0;
        // SAFETY: `value` is a valid place for the result and `device` a device.
        let result = unsafe { ffi::cuDeviceGetAttribute(&mut value, attribute, device) };
        started("cuDeviceGetAttribute", result).map(|()| value.unsigned_abs())
    };
    let mut name = [0u8; 128];
    // SAFETY: the driver writes at most as many bytes as it is told, with a zero at the end.
    let result =
        unsafe { ffi::cuDeviceGetName(name.as_mut_ptr().cast(), name.len() as i32, device) };
    started("cuDeviceGetName", result)?;
    let end = name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(name.len());
    let mut total = 0;
    // SAFETY: `total` is a valid place for the result.
    started("cuDeviceTotalMem", unsafe {
        ffi::cuDeviceTotalMem_v2(&mut total, device)
    })?;
    Ok(Capabilities {
        name: String::from_utf8_lossy(&name[..end]).into_owned(),
        compute_capability: Some((
            get(attribute::COMPUTE_CAPABILITY_MAJOR)?,
            get(attribute::COMPUTE_CAPABILITY_MINOR)?,
        )),
        multiprocessors: get(attribute::MULTIPROCESSOR_COUNT)?,
        blocks_per_multiprocessor: Some(get(attribute::MAX_BLOCKS_PER_MULTIPROCESSOR)?),
        total_memory: Some(total as u64),
        l2_bytes: Some(get(attribute::L2_CACHE_SIZE)?.into()),
        memory_pools: get(attribute::MEMORY_POOLS_SUPPORTED)? != 0,
        driver_version: Some(driver_version),
    })
}
