//! Device and pinned host memory, copies and fills.

use std::ffi::c_void;

use super::{CuContext, CuDevicePtr, CuMemcpy2D, CuStream};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// Free and total bytes of the current context's device.
    pub fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> CuResult;
    /// Allocates device memory, aligned to at least 256 bytes. May synchronise.
    pub fn cuMemAlloc_v2(address: *mut CuDevicePtr, bytes: usize) -> CuResult;
    /// Frees device memory. May synchronise.
    pub fn cuMemFree_v2(address: CuDevicePtr) -> CuResult;
    /// Allocates pinned host memory.
    pub fn cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize) -> CuResult;
    /// Allocates pinned host memory with [`host_alloc_flags`](super::host_alloc_flags).
    pub fn cuMemHostAlloc(address: *mut *mut c_void, bytes: usize, flags: u32) -> CuResult;
    /// Frees pinned host memory.
    pub fn cuMemFreeHost(address: *mut c_void) -> CuResult;
    /// Pins host memory that exists already, with [`host_register_flags`](super::host_register_flags).
    pub fn cuMemHostRegister_v2(address: *mut c_void, bytes: usize, flags: u32) -> CuResult;
    /// Unpins it again.
    pub fn cuMemHostUnregister(address: *mut c_void) -> CuResult;
    /// One of [`pointer_attribute`](super::pointer_attribute), written to `data`.
    pub fn cuPointerGetAttribute(
        data: *mut c_void,
        attribute: i32,
        address: CuDevicePtr,
    ) -> CuResult;
    /// Enqueues a copy; the driver finds out from the addresses what they are.
    pub fn cuMemcpyAsync(
        dst: CuDevicePtr,
        src: CuDevicePtr,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a copy from host to device.
    pub fn cuMemcpyHtoDAsync_v2(
        dst_device: CuDevicePtr,
        src_host: *const c_void,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a copy from device to host.
    pub fn cuMemcpyDtoHAsync_v2(
        dst_host: *mut c_void,
        src_device: CuDevicePtr,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a copy within the device.
    pub fn cuMemcpyDtoDAsync_v2(
        dst_device: CuDevicePtr,
        src_device: CuDevicePtr,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a two-dimensional copy.
    pub fn cuMemcpy2DAsync_v2(copy: *const CuMemcpy2D, stream: CuStream) -> CuResult;
    /// Enqueues a copy from one context's device to another's.
    pub fn cuMemcpyPeerAsync(
        dst_device: CuDevicePtr,
        dst_context: CuContext,
        src_device: CuDevicePtr,
        src_context: CuContext,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a fill of `count` bytes.
    pub fn cuMemsetD8Async(
        dst_device: CuDevicePtr,
        value: u8,
        count: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a fill of `count` 16-bit values; the address is aligned to 2.
    pub fn cuMemsetD16Async(
        dst_device: CuDevicePtr,
        us: u16,
        count: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a fill of `count` 32-bit values; the address is aligned to 4.
    pub fn cuMemsetD32Async(
        dst_device: CuDevicePtr,
        value: u32,
        count: usize,
        stream: CuStream,
    ) -> CuResult;
    /// Enqueues a fill of `height` rows of `width` bytes.
    pub fn cuMemsetD2D8Async(
        dst_device: CuDevicePtr,
        dst_pitch: usize,
        value: u8,
        width: usize,
        height: usize,
        stream: CuStream,
    ) -> CuResult;
}
