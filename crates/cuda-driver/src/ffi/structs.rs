//! The structures that driver functions take, laid out as in CUDA 11.4's `cuda.h`. The member names are Rust's; order, types
//! and sizes are C's, and asserted below.

use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::ptr;

use super::{
    CuArray, CuDevicePtr, CuFunction, CuHostFn, allocation_type, handle_type, location_type,
};

/// A two-dimensional copy (`CUDA_MEMCPY2D`): `height` rows of `width_in_bytes`.
///
/// Of source and destination each, the memory type says which of host address, device address and array counts.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuMemcpy2D {
    /// Bytes into the source row.
    pub src_x_in_bytes: usize,
    /// Rows into the source.
    pub src_y: usize,
    /// One of [`memory_type`](super::memory_type).
    pub src_memory_type: i32,
    /// The source where its type is `HOST`.
    pub src_host: *const c_void,
    /// The source where its type is `DEVICE` or `UNIFIED`.
    pub src_device: CuDevicePtr,
    /// The source where its type is `ARRAY`.
    pub src_array: CuArray,
    /// Bytes from one source row to the next.
    pub src_pitch: usize,
    /// Bytes into the destination row.
    pub dst_x_in_bytes: usize,
    /// Rows into the destination.
    pub dst_y: usize,
    /// One of [`memory_type`](super::memory_type).
    pub dst_memory_type: i32,
    /// The destination where its type is `HOST`.
    pub dst_host: *mut c_void,
    /// The destination where its type is `DEVICE` or `UNIFIED`.
    pub dst_device: CuDevicePtr,
    /// The destination where its type is `ARRAY`.
    pub dst_array: CuArray,
    /// Bytes from one destination row to the next.
    pub dst_pitch: usize,
    /// Bytes of each row to copy.
    pub width_in_bytes: usize,
    /// Rows to copy.
    pub height: usize,
}

/// A three-dimensional copy (`CUDA_MEMCPY3D`), the parameters of a graph's copy node.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuMemcpy3D {
    /// Bytes into the source row.
    pub src_x_in_bytes: usize,
    /// Rows into the source plane.
    pub src_y: usize,
    /// Planes into the source.
    pub src_z: usize,
    /// Must be 0.
    pub src_lod: usize,
    /// One of [`memory_type`](super::memory_type).
    pub src_memory_type: i32,
    /// The source where its type is `HOST`.
    pub src_host: *const c_void,
    /// The source where its type is `DEVICE` or `UNIFIED`.
    pub src_device: CuDevicePtr,
    /// The source where its type is `ARRAY`.
    pub src_array: CuArray,
    /// Must be null.
    pub reserved0: *mut c_void,
    /// Bytes from one source row to the next.
    pub src_pitch: usize,
    /// Rows from one source plane to the next.
    pub src_height: usize,
    /// Bytes into the destination row.
    pub dst_x_in_bytes: usize,
    /// Rows into the destination plane.
    pub dst_y: usize,
    /// Planes into the destination.
    pub dst_z: usize,
    /// Must be 0.
    pub dst_lod: usize,
    /// One of [`memory_type`](super::memory_type).
    pub dst_memory_type: i32,
    /// The destination where its type is `HOST`.
    pub dst_host: *mut c_void,
    /// The destination where its type is `DEVICE` or `UNIFIED`.
    pub dst_device: CuDevicePtr,
    /// The destination where its type is `ARRAY`.
    pub dst_array: CuArray,
    /// Must be null.
    pub reserved1: *mut c_void,
    /// Bytes from one destination row to the next.
    pub dst_pitch: usize,
    /// Rows from one destination plane to the next.
    pub dst_height: usize,
    /// Bytes of each row to copy.
    pub width_in_bytes: usize,
    /// Rows of each plane to copy.
    pub height: usize,
    /// Planes to copy.
    pub depth: usize,
}

/// Where memory is (`CUmemLocation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CuMemLocation {
    /// One of [`location_type`](super::location_type).
    pub location_type: i32,
    /// The device's number.
    pub id: i32,
}

/// Who may use memory (`CUmemAccessDesc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CuMemAccessDesc {
    /// The device that the access is for.
    pub location: CuMemLocation,
    /// One of [`access_flags`](super::access_flags).
    pub flags: i32,
}

/// What a new pool is to be (`CUmemPoolProps`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuMemPoolProps {
    /// One of [`allocation_type`](super::allocation_type).
    pub alloc_type: i32,
    /// One of [`handle_type`](super::handle_type).
    pub handle_types: i32,
    /// Where its memory is.
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

/// A fill as a graph node (`CUDA_MEMSET_NODE_PARAMS`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuMemsetNodeParams {
    /// Where to write.
    pub dst: CuDevicePtr,
    /// Bytes from one row to the next; ignored for one row.
    pub pitch: usize,
    /// The value, in the low bytes.
    pub value: u32,
    /// Bytes of an element: 1, 2 or 4.
    pub element_size: u32,
    /// Elements of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A host function as a graph node (`CUDA_HOST_NODE_PARAMS`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CuHostNodeParams {
    /// The function.
    pub function: Option<CuHostFn>,
    /// What it is called with.
    pub user_data: *mut c_void,
}

/// A device's identity (`CUuuid`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct CuUuid {
    /// Its bytes, in the order of the text form.
    pub bytes: [u8; 16],
}

// Sizes and the offsets behind padding, from the layout tests that bindgen wrote for CUDA 11.4.
const _: () = {
    assert!(size_of::<CuMemcpy2D>() == 128);
    assert!(offset_of!(CuMemcpy2D, src_host) == 24);
    assert!(offset_of!(CuMemcpy2D, dst_host) == 80);
    assert!(offset_of!(CuMemcpy2D, height) == 120);
    assert!(size_of::<CuMemcpy3D>() == 200);
    assert!(offset_of!(CuMemcpy3D, src_host) == 40);
    assert!(offset_of!(CuMemcpy3D, dst_host) == 128);
    assert!(offset_of!(CuMemcpy3D, depth) == 192);
    assert!(size_of::<CuMemLocation>() == 8);
    assert!(size_of::<CuMemAccessDesc>() == 12);
    assert!(size_of::<CuMemPoolProps>() == 88);
    assert!(offset_of!(CuMemPoolProps, location) == 8);
    assert!(offset_of!(CuMemPoolProps, reserved) == 24);
    assert!(size_of::<CuKernelNodeParams>() == 56);
    assert!(offset_of!(CuKernelNodeParams, shared_mem_bytes) == 32);
    assert!(offset_of!(CuKernelNodeParams, kernel_params) == 40);
    assert!(size_of::<CuMemsetNodeParams>() == 40);
    assert!(offset_of!(CuMemsetNodeParams, width) == 24);
    assert!(size_of::<CuHostNodeParams>() == 16);
    assert!(size_of::<CuUuid>() == 16);
};
