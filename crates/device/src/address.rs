//! Addresses in the memory of a device.

use std::fmt;

/// A byte address in a device's memory: a `CUdeviceptr` on CUDA, a plain address on the host and for pinned memory.
///
/// An address alone gives no right to touch the memory; the unsafe functions that take one say what they need.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Default)]
#[repr(transparent)]
pub struct Address(u64);

impl Address {
    /// The null address: no memory.
    pub const NULL: Address = Address(0);

    /// The address with this number.
    pub const fn new(raw: u64) -> Self {
        Address(raw)
    }

    /// The address as a number.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The address `bytes` further on. Panics where it would leave the 64-bit address space.
    #[must_use]
    pub fn offset(self, bytes: usize) -> Self {
        let raw = self.0.checked_add(bytes as u64);
        Address(raw.expect("an offset inside an allocation never leaves the address space"))
    }

    /// Whether this is [`Address::NULL`].
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address as a pointer of this process. Meaningful for host and pinned memory only.
    pub fn as_ptr<T>(self) -> *mut T {
        std::ptr::with_exposed_provenance_mut(self.0 as usize)
    }

    /// The address of a pointer of this process.
    pub fn from_ptr<T>(pointer: *const T) -> Self {
        Address(pointer.expose_provenance() as u64)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}
