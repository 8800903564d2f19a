//! The structures that driver functions take, laid out as in CUDA 11.4's `cuda.h`. The member names are Rust's; order, types
//! and sizes are C's, and asserted below.

use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::ptr;

use super::{CuFunction, allocation_type, handle_type, location_type};

/// The location of memory (`CUmemLocation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CuMemLocation {
    /// One of [`location_type`](super::location_type).
    pub location_type: i32,
    /// The device's number.
    pub id: i32,
}

/// The properties of a new pool (`CUmemPoolProps`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuMemPoolProps {
    /// One of [`allocation_type`](super::allocation_type).
    pub alloc_type: i32,
    /// One of [`handle_type`](super::handle_type).
    pub handle_types: i32,
    /// The location of its memory.
    pub location: CuMemLocation,
    /// Must be null.
    pub win32_security_attributes: *mut c_void,
    /// Must be 0. Newer headers put the pool's greatest size (0: the default) into the first eight bytes.
    pub reserved: [u8; 64],
}

impl CuMemPoolProps {
    /// A pool of this device's memory, not shared with other processes.
    #[must_use]
    pub const fn on_device(device: i32) -> Self {
        Self {
            alloc_type: allocation_type::PINNED,
            handle_types: handle_type::NONE,
            location: CuMemLocation {
                location_type: location_type::DEVICE,
                id: device,
            },
            win32_security_attributes: ptr::null_mut(),
            reserved: [0; 64],
        }
    }
}

/// A kernel launch as a graph node (`CUDA_KERNEL_NODE_PARAMS` of CUDA 11.4, the `_v1` of newer headers).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuKernelNodeParams {
    /// The kernel.
    pub func: CuFunction,
    /// Blocks along x.
    pub grid_dim_x: u32,
    /// Blocks along y.
    pub grid_dim_y: u32,
    /// Blocks along z.
    pub grid_dim_z: u32,
    /// Threads of a block along x.
    pub block_dim_x: u32,
    /// Threads of a block along y.
    pub block_dim_y: u32,
    /// Threads of a block along z.
    pub block_dim_z: u32,
    /// Dynamic shared memory of a block, in bytes.
    pub shared_mem_bytes: u32,
    /// One address for each argument, or null where `extra` is given. The driver copies the arguments.
    pub kernel_params: *mut *mut c_void,
    /// The arguments as one buffer, or null.
    pub extra: *mut *mut c_void,
}

// Sizes and the offsets behind padding, from the layout tests that bindgen wrote for CUDA 11.4.
const _: () = {
    assert!(size_of::<CuMemLocation>() == 8);
    assert!(size_of::<CuMemPoolProps>() == 88);
    assert!(offset_of!(CuMemPoolProps, location) == 8);
    assert!(offset_of!(CuMemPoolProps, reserved) == 24);
    assert!(size_of::<CuKernelNodeParams>() == 56);
    assert!(offset_of!(CuKernelNodeParams, shared_mem_bytes) == 32);
    assert!(offset_of!(CuKernelNodeParams, kernel_params) == 40);
};
