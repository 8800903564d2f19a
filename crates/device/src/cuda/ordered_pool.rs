//! A memory pool of the driver.
#![expect(unsafe_code, reason = "calls the driver")]

use super::{CudaDevice, CudaStream};
use crate::address::Address;
use crate::error::DeviceError;
use pixelflume_cuda_driver::ffi::{CuMemPool, CuMemPoolProps, pool_attribute};
use std::sync::Arc;

const POOLS: &str = "stream-ordered memory pools";

/// A pool of its own, so that other users of the device's default pool do not affect it.
pub(crate) struct CudaOrderedPool {
    raw: CuMemPool,
    device: Arc<CudaDevice>,
}

impl CudaOrderedPool {
    pub(crate) fn new(
        device: &Arc<CudaDevice>,
        release_threshold: u64,
    ) -> Result<Arc<Self>, DeviceError> {
        device.enter()?;
        let can = device.capabilities().memory_pools;
        device.present(POOLS, can.then_some(()))?;
        let mut raw = CuMemPool::NULL;
        let properties = CuMemPoolProps::on_device(device.raw_device());
        // SAFETY: `raw` is a valid place for the result and the properties are complete.
        let result = unsafe { device.driver().cuMemPoolCreate(&mut raw, &properties) };
        device.check("cuMemPoolCreate", device.present(POOLS, result)?)?;
        let pool = Arc::new(CudaOrderedPool {
            raw,
            device: device.clone(),
        });
        let mut threshold = release_threshold;
        // SAFETY: the pool is alive and the attribute is a 64-bit number.
        let result = unsafe {
            let value = (&raw mut threshold).cast();
            device.driver().cuMemPoolSetAttribute(
                pool.raw,
                pool_attribute::RELEASE_THRESHOLD,
                value,
            )
        };
        device.check("cuMemPoolSetAttribute", device.present(POOLS, result)?)?;
        Ok(pool)
    }

    pub(crate) fn allocate(
        &self,
        bytes: usize,
        stream: &CudaStream,
    ) -> Result<Address, DeviceError> {
        stream
            .device()
            .expect_own(&self.device, format_args!("memory pool"))?;
        stream.enter()?;
        let mut address = 0;
        // SAFETY: `address` is a valid place for the result; pool and stream are alive and of this device.
        let result = unsafe {
            self.device.driver().cuMemAllocFromPoolAsync(
                &mut address,
                bytes.max(1),
                self.raw,
                stream.raw(),
            )
        };
        let result = self.device.present(POOLS, result)?;
        self.device
            .check_allocation("cuMemAllocFromPoolAsync", bytes, result)?;
        Ok(Address::new(address))
    }

    /// Enqueues a free in the order of `stream`.
    ///
    /// # Safety
    /// As for [`crate::StreamOrderedPool::free`].
    pub(crate) unsafe fn free(
        &self,
        address: Address,
        stream: &CudaStream,
    ) -> Result<(), DeviceError> {
        stream
            .device()
            .expect_own(&self.device, format_args!("memory of a pool"))?;
        stream.enter()?;
        // SAFETY: promised by the caller; the stream is alive and of this device.
        let result = unsafe {
            self.device
                .driver()
                .cuMemFreeAsync(address.raw(), stream.raw())
        };
        self.device
            .check("cuMemFreeAsync", self.device.present(POOLS, result)?)
    }

    pub(crate) fn trim(&self, keep: usize) -> Result<(), DeviceError> {
        self.device.enter()?;
        // SAFETY: the pool is alive.
        let result = unsafe { self.device.driver().cuMemPoolTrimTo(self.raw, keep) };
        self.device
            .check("cuMemPoolTrimTo", self.device.present(POOLS, result)?)
    }

    pub(crate) fn reserved(&self) -> Result<usize, DeviceError> {
        self.device.enter()?;
        let mut bytes = 0u64;
        // SAFETY: the pool is alive and the attribute is a 64-bit number.
        let result = unsafe {
            let value = (&raw mut bytes).cast();
            self.device.driver().cuMemPoolGetAttribute(
                self.raw,
                pool_attribute::RESERVED_MEM_CURRENT,
                value,
            )
        };
        self.device
            .check("cuMemPoolGetAttribute", self.device.present(POOLS, result)?)?;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

impl Drop for CudaOrderedPool {
    fn drop(&mut self) {
        if self.device.enter_to_destroy() {
            // SAFETY: the last owner goes; the driver keeps the pool until its memory is free.
            let _ = unsafe { self.device.driver().cuMemPoolDestroy(self.raw) };
        }
    }
}
