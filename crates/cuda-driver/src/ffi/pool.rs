//! Stream-ordered allocation and memory pools.

use std::ffi::c_void;

use super::{CuDevice, CuDevicePtr, CuMemAccessDesc, CuMemPool, CuMemPoolProps, CuStream};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// The device's default pool. Not the caller's to destroy.
    pub fn cuDeviceGetDefaultMemPool(pool: *mut CuMemPool, device: CuDevice) -> CuResult;
    /// The device's current pool.
    pub fn cuDeviceGetMemPool(pool: *mut CuMemPool, device: CuDevice) -> CuResult;
    /// Creates a pool.
    pub fn cuMemPoolCreate(pool: *mut CuMemPool, properties: *const CuMemPoolProps) -> CuResult;
    /// Destroys a pool once all of its memory is free.
    pub fn cuMemPoolDestroy(pool: CuMemPool) -> CuResult;
    /// Sets one of [`pool_attribute`](super::pool_attribute).
    pub fn cuMemPoolSetAttribute(pool: CuMemPool, attribute: i32, value: *mut c_void) -> CuResult;
    /// One of [`pool_attribute`](super::pool_attribute).
    pub fn cuMemPoolGetAttribute(pool: CuMemPool, attribute: i32, value: *mut c_void) -> CuResult;
    /// Lets other devices use the pool's memory.
    pub fn cuMemPoolSetAccess(
        pool: CuMemPool,
        map: *const CuMemAccessDesc,
        count: usize,
    ) -> CuResult;
    /// Gives free memory back to the system until `min_bytes_to_keep` are left.
    pub fn cuMemPoolTrimTo(pool: CuMemPool, min_bytes_to_keep: usize) -> CuResult;
    /// Allocates from the device's current pool, in the stream's order.
    pub fn cuMemAllocAsync(address: *mut CuDevicePtr, bytes: usize, stream: CuStream) -> CuResult;
    /// Allocates from a pool, in the stream's order.
    pub fn cuMemAllocFromPoolAsync(
        address: *mut CuDevicePtr,
        bytes: usize,
        pool: CuMemPool,
        stream: CuStream,
    ) -> CuResult;
    /// Frees in the stream's order.
    pub fn cuMemFreeAsync(address: CuDevicePtr, stream: CuStream) -> CuResult;
}
