//! An open GPU: its context, its memory, and whether it is lost.
#![expect(unsafe_code, reason = "calls the driver")]

use super::borrowed_streams::BorrowedStreams;
use super::context::PrimaryContext;
use super::event::EventPool;
use super::graph::Captures;
use super::module::{CudaFunction, Modules};
use super::start::{count_of, start, start_failed, system_driver};
use super::{CudaEvent, CudaStream};
use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::error::{DeviceError, Unavailable};
use crate::module::KernelModule;
use crate::process::{ProcessBound, ProcessStamp};
use crate::request::DeviceRequest;
use pixelflume_cuda_driver::ffi::{self, CuContext, CuDevice};
use pixelflume_cuda_driver::{CuResult, Driver, Function, error_name};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The oldest GPUs that the committed kernels run on.
const NEEDED_CAPABILITY: (u32, u32) = (7, 5);

/// An open GPU.
pub(crate) struct CudaDevice {
    driver: &'static Driver,
    ordinal: usize,
    capabilities: Capabilities,
    /// The result code with which the device was lost; 0 while it works.
    lost: AtomicU32,
    process: ProcessStamp,
    pub(super) events: ProcessBound<EventPool>,
    /// Events that keep times, in a pool of their own, since they cost more.
    pub(super) timing_events: ProcessBound<EventPool>,
    pub(super) captures: ProcessBound<Captures>,
    pub(super) borrowed_streams: ProcessBound<BorrowedStreams>,
    modules: ProcessBound<Modules>,
    /// The last field, so that everything of the context is destroyed before the context is
    /// released.
    context: ProcessBound<PrimaryContext>,
}

impl CudaDevice {
    /// Opens a device of the system's driver.
    pub(crate) fn open(ordinal: usize) -> Result<Arc<Self>, DeviceError> {
        CudaDevice::open_on(system_driver()?, ordinal)
    }

    pub(crate) fn open_on(
        driver: &'static Driver,
        ordinal: usize,
    ) -> Result<Arc<Self>, DeviceError> {
        let driver_version = start(driver).map_err(|reason| match reason {
            Unavailable::Forked => forked(ordinal),
            reason => reason.into(),
        })?;
        let count = count_of(driver)?;
        let index = i32::try_from(ordinal).ok().filter(|_| ordinal < count);
        let index = index.ok_or(Unavailable::NoSuchDevice {
            asked: ordinal,
            count,
        })?;
        let mut device = 0;
        // SAFETY: `device` is a valid place for the result and the number is one of a device.
        started("cuDeviceGet", unsafe {
            driver.cuDeviceGet(&mut device, index)
        })?;
        let capabilities = read_capabilities(driver, device, driver_version)?;
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
        Ok(Arc::new(CudaDevice {
            driver,
            ordinal,
            capabilities,
            lost: AtomicU32::new(0),
            process: ProcessStamp::current(),
            events: ProcessBound::default(),
            timing_events: ProcessBound::default(),
            captures: ProcessBound::default(),
            borrowed_streams: ProcessBound::default(),
            modules: ProcessBound::default(),
            context: ProcessBound::new(PrimaryContext::retain(driver, device)?),
        }))
    }

    pub(super) fn driver(&self) -> &'static Driver {
        self.driver
    }

    pub(super) fn raw_context(&self) -> CuContext {
        self.context.raw()
    }

    pub(super) fn raw_device(&self) -> CuDevice {
        self.context.device()
    }

    /// Free and total bytes of the device's memory.
    pub(crate) fn memory_info(&self) -> Result<(usize, usize), DeviceError> {
        self.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both are valid places for the results, and the context is current.
        let result = unsafe { self.driver.cuMemGetInfo_v2(&mut free, &mut total) };
        self.check("cuMemGetInfo", result)?;
        Ok((free, total))
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.ordinal
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Makes the device's context current on the calling thread, as every call below requires. A thread that uses one
    /// device pays for a look at a thread-local variable of the driver.
    pub(super) fn enter(&self) -> Result<(), DeviceError> {
        if self.is_inherited() {
            return Err(forked(self.ordinal));
        }
        let lost = self.lost.load(Ordering::Relaxed);
        if lost != 0 {
            return Err(self.lost_error("an earlier call", lost));
        }
        self.make_current()
    }

    /// Makes the context current for a call that destroys a handle, also on a lost device: others of the process may use the
    /// same context, which may still work. Where the driver refuses, there is nothing left to destroy; nor is there in a
    /// process that was forked since, which leaves its copy of the handle alone.
    pub(super) fn enter_to_destroy(&self) -> bool {
        !self.is_inherited() && self.make_current().is_ok()
    }

    /// Whether the device was opened in a parent of this process, before a fork: the driver must not be called then.
    pub(super) fn is_inherited(&self) -> bool {
        !self.process.is_current()
    }

    fn make_current(&self) -> Result<(), DeviceError> {
        let mut current = CuContext::NULL;
        // SAFETY: `current` is a valid place for the result.
        let result = unsafe { self.driver.cuCtxGetCurrent(&mut current) };
        if result.is_ok() && current == self.context.raw() {
            return Ok(());
        }
        // SAFETY: the context is retained as long as `self` lives.
        self.check("cuCtxSetCurrent", unsafe {
            self.driver.cuCtxSetCurrent(self.context.raw())
        })
    }

    /// Turns a result of the driver into an error. A code that means that the device is lost is
    /// remembered.
    pub(super) fn check(&self, call: &'static str, result: CuResult) -> Result<(), DeviceError> {
        if result.is_ok() {
            return Ok(());
        }
        let (code, name) = (result.code(), result.name());
        if result.is_sticky() {
            return Err(self.lose(call, result));
        }
        Err(DeviceError::Driver { call, code, name })
    }

    /// Marks the device as lost, so that every later call returns this error.
    pub(super) fn lose(&self, call: &'static str, result: CuResult) -> DeviceError {
        self.lost.store(result.code(), Ordering::Relaxed);
        self.lost_error(call, result.code())
    }

    fn lost_error(&self, call: &'static str, code: u32) -> DeviceError {
        DeviceError::Lost {
            device: self.label(),
            call,
            code,
            name: error_name(code),
        }
    }

    pub(super) fn label(&self) -> String {
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
        self: &Arc<Self>,
        module: &'static KernelModule,
        name: &'static str,
    ) -> Result<CudaFunction, DeviceError> {
        self.enter()?;
        self.modules.kernel(self, module, name)
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.enter()?;
        // SAFETY: the context is current.
        self.check("cuCtxSynchronize", unsafe {
            self.driver.cuCtxSynchronize()
        })
    }

    pub(crate) fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.enter()?;
        let mut address = 0;
        // SAFETY: `address` is a valid place for the result, and the context is current.
        let result = unsafe { self.driver.cuMemAlloc_v2(&mut address, bytes.max(1)) };
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
        self.check("cuMemFree", unsafe {
            self.driver.cuMemFree_v2(address.raw())
        })
    }

    pub(crate) fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.enter()?;
        let mut address = std::ptr::null_mut();
        let flags = ffi::host_alloc_flags::PORTABLE;
        // SAFETY: `address` is a valid place for the result, and the context is current.
        let result = unsafe {
            self.driver
                .cuMemHostAlloc(&mut address, bytes.max(1), flags)
        };
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
            self.driver.cuMemFreeHost(address.as_ptr())
        })
    }

    /// Refuses a handle of another device, also of the same GPU opened another time: handles are destroyed with their
    /// device.
    pub(super) fn expect_own(
        self: &Arc<Self>,
        owner: &Arc<CudaDevice>,
        what: fmt::Arguments<'_>,
    ) -> Result<(), DeviceError> {
        if Arc::ptr_eq(self, owner) {
            return Ok(());
        }
        let expected = match self.ordinal == owner.ordinal {
            true => format!(
                "another opening of cuda:{} ({what}; clone one device in place of opening two)",
                owner.ordinal
            ),
            false => format!("cuda:{} ({what})", owner.ordinal),
        };
        Err(DeviceError::WrongDevice {
            expected,
            got: format!("cuda:{}", self.ordinal),
        })
    }

    /// The result of a driver function that is optional; an error that names `what` where the driver lacks the function.
    pub(super) fn present<T>(
        &self,
        what: &'static str,
        result: Option<T>,
    ) -> Result<T, DeviceError> {
        result.ok_or_else(|| DeviceError::Unsupported {
            what,
            device: self.label(),
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
        if self.enter_to_destroy() {
            self.events.destroy(self.driver);
            self.timing_events.destroy(self.driver);
            self.modules.unload(self.driver);
        }
    }
}

fn forked(ordinal: usize) -> DeviceError {
    DeviceError::Forked {
        device: DeviceRequest::Cuda(ordinal),
    }
}

fn started(call: &'static str, result: CuResult) -> Result<(), DeviceError> {
    result
        .ok()
        .map_err(|result| start_failed(call, result).into())
}

/// The driver functions that stream-ordered memory needs.
const POOL_FUNCTIONS: [Function; 7] = [
    Function::cuMemPoolCreate,
    Function::cuMemPoolDestroy,
    Function::cuMemPoolSetAttribute,
    Function::cuMemPoolGetAttribute,
    Function::cuMemPoolTrimTo,
    Function::cuMemAllocFromPoolAsync,
    Function::cuMemFreeAsync,
];

fn read_capabilities(
    driver: &Driver,
    device: CuDevice,
    driver_version: (u32, u32),
) -> Result<Capabilities, DeviceError> {
    use ffi::device_attribute as attribute;
    let get = |attribute: i32| {
        let mut value = 0;
        // SAFETY: `value` is a valid place for the result and `device` a device.
        let result = unsafe { driver.cuDeviceGetAttribute(&mut value, attribute, device) };
        started("cuDeviceGetAttribute", result).map(|()| value.unsigned_abs())
    };
    let mut name = [0u8; 128];
    // SAFETY: the driver writes at most as many bytes as it is told, with a zero at the end.
    let result =
        unsafe { driver.cuDeviceGetName(name.as_mut_ptr().cast(), name.len() as i32, device) };
    started("cuDeviceGetName", result)?;
    let end = name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(name.len());
    let mut total = 0;
    // SAFETY: `total` is a valid place for the result.
    started("cuDeviceTotalMem", unsafe {
        driver.cuDeviceTotalMem_v2(&mut total, device)
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
        memory_pools: get(attribute::MEMORY_POOLS_SUPPORTED)? != 0
            && POOL_FUNCTIONS.iter().all(|&function| driver.has(function)),
        driver_version: Some(driver_version),
    })
}
