//! A memory pool of the driver.
#![expect(unsafe_code, reason = "calls the driver")]

use super::{CudaDevice, CudaStream};
use crate::{Address, DeviceError};
use pixelflume_cuda_driver::ffi::{self, CuMemPool, CuMemPoolProps, pool_attribute};
use std::sync::Arc;

/// An own pool: what others do with the device's default pool does not reach it.
pub(crate) struct CudaPool {
    raw: CuMemPool,
    device: Arc<CudaDevice>,
}

impl CudaPool {
    pub(crate) fn new(
        device: &Arc<CudaDevice>,
        release_threshold: u64,
    ) -> Result<Arc<Self>, DeviceError> {
        device.enter()?;
        if !device.capabilities().memory_pools {
            let device = device.capabilities().name.clone();
            return Err(DeviceError::Unsupported {
                what: "stream-ordered memory pools",
                device,
            });
        }
        let mut raw = CuMemPool::NULL;
        let properties = CuMemPoolProps::on_device(device.raw_device());
        // SAFETY: `raw` is a valid place for the result and the properties are complete.
        device.check("cuMemPoolCreate", unsafe {
            ffi::cuMemPoolCreate(&mut raw, &properties)
        })?;
        let pool = Arc::new(CudaPool {
            raw,
            device: device.clone(),
        });
        let mut threshold = release_threshold;
        // SAFETY: the pool is alive and the attribute is a 64-bit number.
        device.check("cuMemPoolSetAttribute", unsafe {
            let value = (&raw mut threshold).cast();
            ffi::cuMemPoolSetAttribute(pool.raw, pool_attribute::RELEASE_THRESHOLD, value)
        })?;
        Ok(pool)
    }

    pub(crate) fn allocate(
        &self,
        bytes: usize,
        stream: &CudaStream,
    ) -> Result<Address, DeviceError> {
        self.device.enter()?;
        let mut address = 0;
        // SAFETY: `address` is a valid place for the result; pool and stream are alive.
        let result = unsafe {
            ffi::cuMemAllocFromPoolAsync(&mut address, bytes.max(1), self.raw, stream.raw())
        };
        self.device
            .check_allocation("cuMemAllocFromPoolAsync", bytes, result)?;
        Ok(Address::new(address))
    }

    /// Frees memory in the order of `stream`.
    ///
    /// # Safety
    /// As for [`crate::StreamOrderedPool::free`].
    pub(crate) unsafe fn free(
        &self,
        address: Address,
        stream: &CudaStream,
    ) -> Result<(), DeviceError> {
        self.device.enter()?;
        // SAFETY: promised by the caller; the stream is alive.
        let result = unsafe { ffi::cuMemFreeAsync(address.raw(), stream.raw()) };
        self.device.check("cuMemFreeAsync", result)
    }

    pub(crate) fn trim(&self, keep: usize) -> Result<(), DeviceError> {
        self.device.enter()?;
        // SAFETY: the pool is alive.
        self.device.check("cuMemPoolTrimTo", unsafe {
            ffi::cuMemPoolTrimTo(self.raw, keep)
        })
    }

    pub(crate) fn reserved(&self) -> Result<usize, DeviceError> {
        self.device.enter()?;
        let mut bytes = 0u64;
        // SAFETY: the pool is alive and the attribute is a 64-bit number.
        self.device.check("cuMemPoolGetAttribute", unsafe {
            let value = (&raw mut bytes).cast();
            ffi::cuMemPoolGetAttribute(self.raw, pool_attribute::RESERVED_MEM_CURRENT, value)
        })?;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

impl Drop for CudaPool {
    fn drop(&mut self) {
        if self.device.enter().is_ok() {
            // SAFETY: the last owner goes; the driver keeps the pool until its memory is free.
            let _ = unsafe { ffi::cuMemPoolDestroy(self.raw) };
        }
    }
}
