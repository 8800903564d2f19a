//! Declared memory accesses of launches, for the checked host device.

use crate::address::Address;
use std::fmt;

/// A range of memory that a launch touches.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// Address of the first byte.
    pub address: Address,
    /// Length in bytes.
    pub bytes: usize,
    /// Whether the launch writes the range; otherwise it reads it only.
    pub write: bool,
}

/// The most accesses that one launch can declare.
pub const MAX_ACCESSES: usize = 8;

/// The accesses of a launch, stored inline.
#[derive(Copy, Clone)]
pub(crate) struct Accesses {
    list: [Access; MAX_ACCESSES],
    len: usize,
}

impl Access {
    /// A range that is read.
    pub const fn read(address: Address, bytes: usize) -> Self {
        Access {
            address,
            bytes,
            write: false,
        }
    }

    /// A range that is written, and perhaps read.
    pub const fn write(address: Address, bytes: usize) -> Self {
        Access {
            address,
            bytes,
            write: true,
        }
    }

    /// Whether the order of two accesses matters: the ranges overlap, and one access writes.
    pub fn conflicts_with(&self, other: &Access) -> bool {
        let end = |access: &Access| access.address.raw().saturating_add(access.bytes as u64);
        (self.write || other.write)
            && self.address.raw() < end(other)
            && other.address.raw() < end(self)
    }

    /// Whether the range contains all of `other`.
    pub(crate) fn covers(&self, other: &Access) -> bool {
        let end = |access: &Access| access.address.raw().saturating_add(access.bytes as u64);
        self.address <= other.address && end(other) <= end(self)
    }
}

impl Accesses {
    pub(crate) const NONE: Accesses = {
        let none = Access::read(Address::NULL, 0);
        Accesses {
            list: [none; MAX_ACCESSES],
            len: 0,
        }
    };

    /// Panics when there are more than [`MAX_ACCESSES`].
    pub(crate) fn new(accesses: &[Access]) -> Self {
        assert!(
            accesses.len() <= MAX_ACCESSES,
            "a launch declares {} accesses",
            accesses.len()
        );
        let mut all = Accesses::NONE;
        all.list[..accesses.len()].copy_from_slice(accesses);
        all.len = accesses.len();
        all
    }

    pub(crate) fn as_slice(&self) -> &[Access] {
        &self.list[..self.len]
    }
}

impl fmt::Debug for Accesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}
