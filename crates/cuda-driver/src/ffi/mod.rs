//! The types, flags and structures that the driver's functions take.
//!
//! Enumerations are plain integers with constants, in the module of their name: a driver may return values that are newer
//! than this crate.
//!
//! # Safety
//! All functions of a [`Driver`](crate::Driver) that take such values are `unsafe`: the caller keeps what `cuda.h` and the driver
//! API reference ask. In short: pointers for results are valid for writes; handles are live and of the current context (or
//! the device); memory and host data outlive the work that is enqueued on them; strings end in a zero byte. The driver
//! itself is thread-safe, so handles may be used from any thread; destroying one while another thread uses it is the
//! caller's to prevent.

#![expect(unsafe_code, reason = "handles go from thread to thread")]

mod constants;
mod structs;

pub use constants::*;
pub use structs::*;

use std::ffi::c_void;

/// The number of a device that `cuDeviceGet` returned.
pub type CuDevice = i32;

/// An address in the device's (unified) address space; 0 is null.
pub type CuDevicePtr = u64;

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #[repr(transparent)]
            pub struct $name(*mut c_void);

            impl $name {
                /// The null handle.
                pub const NULL: Self = Self(std::ptr::null_mut());

                /// The handle with this raw value.
                #[must_use]
                pub const fn from_raw(raw: *mut c_void) -> Self {
                    Self(raw)
                }

                /// The raw value.
                #[must_use]
                pub const fn as_raw(self) -> *mut c_void {
                    self.0
                }

                /// Whether this is the null handle.
                #[must_use]
                pub const fn is_null(self) -> bool {
                    self.0.is_null()
                }
            }

            // SAFETY: a handle is an opaque value that only the driver looks into, and the driver may be called from any
            // thread. Every use of a handle is a call of an unsafe function, whose caller answers for its lifetime.
            unsafe impl Send for $name {}
            // SAFETY: as above; a shared reference gives no more than a copy of the value.
            unsafe impl Sync for $name {}
        )*
    };
}

handles! {
    /// A context (`CUcontext`).
    CuContext,
    /// A loaded module (`CUmodule`).
    CuModule,
    /// A kernel of a module (`CUfunction`).
    CuFunction,
    /// A stream (`CUstream`). Null is the legacy default stream.
    CuStream,
    /// An event (`CUevent`).
    CuEvent,
    /// A memory pool (`CUmemoryPool`).
    CuMemPool,
    /// A graph (`CUgraph`).
    CuGraph,
    /// A node of a graph (`CUgraphNode`). It belongs to its graph and is not destroyed on its own.
    CuGraphNode,
    /// An executable graph (`CUgraphExec`).
    CuGraphExec,
}
