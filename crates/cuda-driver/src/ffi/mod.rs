//! The driver functions that this project calls, declared to return a plain [`CuResult`](crate::CuResult).
//!
//! Every function bears its ABI name (`cuMemAlloc_v2` where `cuda.h` writes `cuMemAlloc` and redefines it) and has the
//! signature of CUDA 11.4 under that name, which every later driver keeps. They link to this crate's own trampolines: until
//! [`probe`](crate::probe) has found a driver all of them return 303.
//!
//! Enumerations are plain integers with constants, in the module of their name: a driver may return values that are newer
//! than this crate.
//!
//! # Safety
//! All functions are `unsafe`: the caller keeps what `cuda.h` and the driver API reference ask. In short: pointers for
//! results are valid for writes; handles are live and of the current context (or the device); memory and host data outlive
//! the work that is enqueued on them; strings end in a zero byte. The driver itself is thread-safe, so handles may be used
//! from any thread; destroying one while another thread uses it is the caller's to prevent.

#![expect(unsafe_code, reason = "declares the driver's functions")]

mod constants;
mod context;
mod graph;
mod memory;
mod module;
mod pool;
mod stream;
mod structs;

pub use constants::*;
pub use context::*;
pub use graph::*;
pub use memory::*;
pub use module::*;
pub use pool::*;
pub use stream::*;
pub use structs::*;

use std::ffi::c_void;

/// The number of a device that `cuDeviceGet` returned.
pub type CuDevice = i32;

/// An address in the device's (unified) address space; 0 is null.
pub type CuDevicePtr = u64;

/// A function that `cuLaunchHostFunc` calls, with its `userData`, on a thread of the driver. It must not call the driver
/// and must not unwind.
pub type CuHostFn = unsafe extern "C" fn(user_data: *mut c_void);

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

                /// The handle with this raw value, such as one that `cust` holds: `from_raw(raw.cast())`.
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
    /// An array (`CUarray`); here only as a member of the copy structures, always null.
    CuArray,
}

#[cfg(test)]
mod tests {
    use crate::slots::Symbol;

    /// A function that is declared but not in the table would be an undefined symbol in whatever calls it.
    #[test]
    fn every_declared_function_is_in_the_table() {
        let sources = [
            include_str!("context.rs"),
            include_str!("graph.rs"),
            include_str!("memory.rs"),
            include_str!("module.rs"),
            include_str!("pool.rs"),
            include_str!("stream.rs"),
        ];
        let mut count = 0;
        for source in sources {
            for line in source
                .lines()
                .filter_map(|line| line.trim().strip_prefix("pub fn "))
            {
                let name = line.split('(').next().unwrap();
                Symbol::named(name).unwrap();
                count += 1;
            }
        }
        assert!(count > 80, "only {count} declarations found");
    }
}
