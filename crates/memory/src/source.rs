//! Where the pools get their memory.
#![expect(unsafe_code, reason = "the trait promises memory by address")]

use pixelflume_device::{Address, Device, DeviceError};

/// The allocator under the pools: the driver, or a stand-in that fails or counts in tests.
///
/// # Safety
/// An address returned by an allocating function names at least the asked bytes, aligned to 512 (64 for pinned memory),
/// that nothing else uses until they are freed; pinned memory can be read and written by the process.
pub unsafe trait MemorySource: Send + Sync {
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
}

/// The device itself.
#[derive(Clone, Debug)]
pub struct DriverSource(pub Device);

// SAFETY: the device's raw functions promise the same.
unsafe impl MemorySource for DriverSource {
    fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.0.allocate_raw(bytes)
    }

    unsafe fn free(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise is the one that `free_raw` asks for.
        unsafe { self.0.free_raw(address, bytes) }
    }

    fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.0.allocate_pinned_raw(bytes)
    }

    unsafe fn free_pinned(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise is the one that `free_pinned_raw` asks for.
        unsafe { self.0.free_pinned_raw(address, bytes) }
    }
}
