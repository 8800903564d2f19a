//! Sources of memory for the pools.
#![expect(unsafe_code, reason = "the trait promises memory by address")]

use pixelflume_device::{Address, Device, DeviceError, Stream, StreamOrderedPool};
use std::sync::OnceLock;

/// Alignment in bytes of all memory that a source allocates.
pub(crate) const ALIGNMENT: usize = 512;

/// The allocator under the pools: the driver, or a stand-in that fails or counts in tests.
///
/// # Safety
/// An address returned by an allocating function names at least the asked bytes of [`MemorySource::device`], aligned to 512,
/// that nothing else uses until they are freed (for [`MemorySource::allocate_ordered`]: that nothing uses behind the
/// stream's current end); pinned memory can be read and written by the process.
pub unsafe trait MemorySource: Send + Sync {
    /// The device that the memory belongs to.
    fn device(&self) -> &Device;

    /// Allocates device memory.
    fn allocate(&self, bytes: usize) -> Result<Address, DeviceError>;

    /// Frees device memory.
    ///
    /// # Safety
    /// `address` came from `allocate` with the same `bytes`, is freed once, and no work uses it any more.
    unsafe fn free(&self, address: Address, bytes: usize) -> Result<(), DeviceError>;

    /// Allocates page-locked memory.
    fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError>;

    /// Frees page-locked memory.
    ///
    /// # Safety
    /// As for [`MemorySource::free`], with memory from `allocate_pinned`.
    unsafe fn free_pinned(&self, address: Address, bytes: usize) -> Result<(), DeviceError>;

    /// Prepares stream-ordered allocation, keeping up to `release_threshold` free bytes, or says why it is not available.
    fn prepare_ordered(&self, release_threshold: u64) -> Result<(), DeviceError>;

    /// Allocates device memory for work behind the present end of `stream`.
    fn allocate_ordered(&self, bytes: usize, stream: &Stream) -> Result<Address, DeviceError>;

    /// Frees device memory behind the present end of `stream`.
    ///
    /// # Safety
    /// `address` came from `allocate_ordered` with the same `bytes` and is freed once; work that uses it is in `stream`
    /// already, or ordered before its current end.
    unsafe fn free_ordered(
        &self,
        address: Address,
        bytes: usize,
        stream: &Stream,
    ) -> Result<(), DeviceError>;

    /// Gives stream-ordered memory that is free back to the system.
    fn trim_ordered(&self) -> Result<(), DeviceError>;

    /// Bytes that stream-ordered allocation has reserved, in use or free.
    fn reserved_ordered(&self) -> usize;
}

/// The source that allocates from the device.
#[derive(Debug)]
pub struct DriverSource {
    device: Device,
    pool: OnceLock<StreamOrderedPool>,
}

impl DriverSource {
    /// Makes the source of `device`.
    pub fn new(device: &Device) -> Self {
        DriverSource {
            device: device.clone(),
            pool: OnceLock::new(),
        }
    }

    fn pool(&self) -> Result<&StreamOrderedPool, DeviceError> {
        self.pool.get().ok_or_else(|| DeviceError::Unsupported {
            what: "stream-ordered memory pool prepared",
            device: self.device.to_string(),
        })
    }
}

// SAFETY: the device's raw functions promise the same, and its pool all but the alignment, which is checked.
unsafe impl MemorySource for DriverSource {
    fn device(&self) -> &Device {
        &self.device
    }

    fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.device.allocate_raw(bytes)
    }

    unsafe fn free(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise is the one that `free_raw` asks for.
        unsafe { self.device.free_raw(address, bytes) }
    }

    fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.device.allocate_pinned_raw(bytes)
    }

    unsafe fn free_pinned(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise is the one that `free_pinned_raw` asks for.
        unsafe { self.device.free_pinned_raw(address, bytes) }
    }

    fn prepare_ordered(&self, release_threshold: u64) -> Result<(), DeviceError> {
        if self.pool.get().is_none() {
            // Of two that are made at the same time, one stays.
            let pool = StreamOrderedPool::new(&self.device, release_threshold)?;
            self.pool.get_or_init(|| pool);
        }
        Ok(())
    }

    fn allocate_ordered(&self, bytes: usize, stream: &Stream) -> Result<Address, DeviceError> {
        let pool = self.pool()?;
        let address = pool.allocate(bytes, stream)?;
        if address.raw() % ALIGNMENT as u64 == 0 {
            return Ok(address);
        }
        // SAFETY: the memory was allocated just now with this size, and its address is known here alone.
        unsafe { pool.free(address, bytes, stream) }?;
        Err(DeviceError::Unsupported {
            what: "memory pools with an alignment of 512 bytes",
            device: self.device.to_string(),
        })
    }

    unsafe fn free_ordered(
        &self,
        address: Address,
        bytes: usize,
        stream: &Stream,
    ) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise is the one that the pool's `free` asks for.
        unsafe { self.pool()?.free(address, bytes, stream) }
    }

    fn trim_ordered(&self) -> Result<(), DeviceError> {
        self.pool()?.trim(0)
    }

    fn reserved_ordered(&self) -> usize {
        self.pool().and_then(|pool| pool.reserved()).unwrap_or(0)
    }
}
