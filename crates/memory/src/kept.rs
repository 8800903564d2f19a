//! Memory of another owner, kept allocated by everything that uses it.

use crate::order::StreamOrder;
use parking_lot::Mutex;
use pixelflume_device::{Address, DeviceError, Severity, Stream, contain_panic};
use std::any::Any;
use std::fmt;

/// Whether memory of another owner may be written.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum MemoryAccess {
    /// The memory is read only.
    Read,
    /// The memory is read and written.
    ReadWrite,
}

/// Memory of another owner that is kept allocated: what a [`BorrowedMemory`](crate::BorrowedMemory) shares with the work that uses it (see
/// [`Owner::Kept`](crate::Owner::Kept)). It gives no access to the memory.
pub struct KeptMemory {
    address: Address,
    len: usize,
    access: MemoryAccess,
    stream: Stream,
    order: StreamOrder,
    /// `None` where the owner was taken out. An owner need not be `Sync`: the lock is what lets threads share this value,
    /// and nothing but the drop looks at the owner.
    owner: Mutex<Option<Box<dyn Any + Send>>>,
}

impl KeptMemory {
    pub(crate) fn new(
        address: Address,
        len: usize,
        access: MemoryAccess,
        stream: &Stream,
        owner: Box<dyn Any + Send>,
    ) -> Self {
        KeptMemory {
            address,
            len,
            access,
            stream: stream.clone(),
            order: StreamOrder::default(),
            owner: Mutex::new(Some(owner)),
        }
    }

    pub(crate) fn address(&self) -> Address {
        self.address
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn access(&self) -> MemoryAccess {
        self.access
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Takes the owner out, where it is of this type and the work on the memory is ordered, or was waited for.
    pub(crate) fn take_owner<T: Any>(&mut self) -> Option<T> {
        self.order.wait_if_unordered(self.stream.device()).ok()?;
        let place = self.owner.get_mut();
        match place.take()?.downcast::<T>() {
            Ok(owner) => Some(*owner),
            Err(other) => {
                *place = Some(other);
                None
            }
        }
    }

    pub(crate) fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.order.before(&self.stream, stream)
    }

    pub(crate) fn order_after(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.order.after(&self.stream, stream)
    }

    pub(crate) fn mark_unordered(&self) {
        if !self.stream.device().is_inherited() {
            self.order.mark_unordered();
        }
    }
}

impl Drop for KeptMemory {
    fn drop(&mut self) {
        let owner = self.owner.get_mut().take();
        if self.stream.device().is_inherited() {
            // The owner belongs to the parent process, as the memory does.
            std::mem::forget(owner);
            return;
        }
        match self.order.wait_if_unordered(self.stream.device()) {
            // Work that may still use the memory can neither be ordered nor waited for: the memory is never freed.
            Err(error) if error.severity() == Severity::Recoverable => {
                let (bytes, address) = (self.len, self.address);
                tracing::error!(
                    "the owner of {bytes} borrowed bytes at {address:?} is leaked: {error}"
                );
                std::mem::forget(owner);
            }
            // A lost device does no more work.
            _ => contain_panic("the drop of an owner of borrowed memory", || drop(owner)),
        }
    }
}

impl fmt::Debug for KeptMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, address, access) = (self.len, self.address, self.access);
        write!(
            f,
            "BorrowedMemory({bytes} bytes at {address:?}, {access:?})"
        )
    }
}
