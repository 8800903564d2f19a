//! Device memory of another owner: an array of another library, a slice of `cudarc`, a tensor of DLPack.
#![expect(unsafe_code, reason = "takes memory by address")]

use crate::error::MemoryError;
use crate::kept::{KeptMemory, MemoryAccess};
use crate::slice::{DeviceSlice, DeviceSliceMut};
use pixelflume_device::{Address, Stream};
use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Device memory that another library allocated, as an input or an output: an address, a length, the stream that orders the
/// memory, and its owner, any value that keeps the memory allocated.
///
/// The owner is dropped once, on the thread that drops the last of this value and the [`KeptMemory`] of it that work in flight
/// holds. A panic of that drop is logged and ends there. After an error that left work on the memory unordered, the drop waits
/// for the device first, and so must not happen in a host kernel; where that wait fails, the owner is leaked.
///
/// ```
/// use pixelflume_device::{Address, Device};
/// use pixelflume_memory::{BorrowedMemory, MemoryAccess};
///
/// let device = Device::host();
/// let stream = device.stream()?;
/// let theirs = vec![7u8; 4096];
/// let address = Address::from_ptr(theirs.as_ptr());
/// // SAFETY: the vector is the owner, so that its bytes stay allocated, and nothing writes to them.
/// let memory = unsafe { BorrowedMemory::new(address, 4096, MemoryAccess::Read, &stream, theirs) }?;
/// assert_eq!(memory.slice(1024..2048)?.address(), address.offset(1024));
/// # Ok::<(), pixelflume_memory::MemoryError>(())
/// ```
pub struct BorrowedMemory(Arc<KeptMemory>);

impl BorrowedMemory {
    /// Borrows `bytes` bytes of device memory at `address`, which `stream` orders: work that is in `stream` now comes before
    /// work on the memory here, and work that is put into `stream` later comes behind it. `owner` is kept until the last work
    /// on the memory is complete.
    ///
    /// What the driver knows is checked: on CUDA, that there is memory of this GPU and this context (or managed memory) from
    /// the first byte to the last. The host device can use any memory of the process, and cannot tell it from other addresses:
    /// there the length and the null address are checked, and the rest is the caller's promise alone. The alignment is checked
    /// where images are laid out in the memory.
    ///
    /// # Errors
    /// [`MemoryError::NullAddress`], [`MemoryError::BadLength`] for no bytes or more than the address space has;
    /// [`DeviceError::WrongMemory`](pixelflume_device::DeviceError::WrongMemory) for host memory, memory of another device or
    /// context, or memory that ends before `bytes` bytes; or an error of the driver. The owner is dropped before an error is
    /// returned.
    ///
    /// # Safety
    /// There are `bytes` bytes of memory of the device of `stream` at `address`, initialized where the device is the host, and
    /// they stay allocated until `owner` is dropped. While this value or a [`KeptMemory`] of it lives, others use them only in
    /// work that `stream` orders: nothing else writes to them, and with [`MemoryAccess::ReadWrite`] nothing else reads them
    /// either. Another [`BorrowedMemory`] over the same bytes is such a use, too, unless both are for reading or have the same
    /// stream. The drop of `owner` waits for no work of this device, and may happen on any thread.
    pub unsafe fn new(
        address: Address,
        bytes: usize,
        access: MemoryAccess,
        stream: &Stream,
        owner: impl Any + Send,
    ) -> Result<Self, MemoryError> {
        // Made first, so that a panic of the owner's drop is contained after an error as well.
        let kept = KeptMemory::new(address, bytes, access, stream, Box::new(owner));
        if address.is_null() {
            return Err(MemoryError::NullAddress { bytes });
        }
        if bytes == 0 || address.raw().checked_add(bytes as u64).is_none() {
            return Err(MemoryError::BadLength {
                address: address.raw(),
                bytes,
            });
        }
        stream.device().check_memory(address, bytes)?;
        Ok(BorrowedMemory(Arc::new(kept)))
    }

    /// Address of the first byte.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Size in bytes; at least 1.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Always false: no bytes cannot be borrowed.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// The stream that orders the memory.
    pub fn stream(&self) -> &Stream {
        self.0.stream()
    }

    /// Whether the memory may be written.
    pub fn access(&self) -> MemoryAccess {
        self.0.access()
    }

    /// Returns the owner, where it is of this type and no work in flight uses the memory.
    ///
    /// # Errors
    /// The memory as it was, where work in flight keeps it, where work on it could neither be ordered nor waited for, or where
    /// the owner is of another type.
    pub fn into_owner<T: Any>(mut self) -> Result<T, Self> {
        let kept = Arc::get_mut(&mut self.0);
        kept.and_then(KeptMemory::take_owner).ok_or(self)
    }

    /// The bytes of this range.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where there are fewer bytes.
    pub fn slice(&self, bytes: Range<usize>) -> Result<DeviceSlice<'_>, MemoryError> {
        DeviceSlice::from(self).part(bytes)
    }

    /// The bytes of this range, for writing.
    ///
    /// # Errors
    /// [`MemoryError::ReadOnly`] where the memory was borrowed for reading; [`MemoryError::OutOfRange`] where there are fewer
    /// bytes.
    pub fn slice_mut(&mut self, bytes: Range<usize>) -> Result<DeviceSliceMut<'_>, MemoryError> {
        match self.0.access() {
            MemoryAccess::ReadWrite => self.slice(bytes).map(DeviceSliceMut::of),
            MemoryAccess::Read => Err(MemoryError::ReadOnly {
                address: self.0.address().raw(),
                bytes: self.0.len(),
            }),
        }
    }
}

impl<'a> From<&'a BorrowedMemory> for DeviceSlice<'a> {
    fn from(memory: &'a BorrowedMemory) -> Self {
        DeviceSlice::of_kept(&memory.0)
    }
}

impl fmt::Debug for BorrowedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
