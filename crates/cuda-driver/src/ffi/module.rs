//! Modules, functions and launches.

use std::ffi::{c_char, c_void};

use super::{CuFunction, CuHostFn, CuModule, CuStream};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// Loads a module from PTX text (ending in a zero byte), a cubin or a fat binary.
    pub fn cuModuleLoadData(module: *mut CuModule, image: *const c_void) -> CuResult;
    /// As `cuModuleLoadData`, with [`jit_option`](super::jit_option)s and one value for each.
    pub fn cuModuleLoadDataEx(
        module: *mut CuModule,
        image: *const c_void,
        num_options: u32,
        options: *mut i32,
        option_values: *mut *mut c_void,
    ) -> CuResult;
    /// Unloads a module; its functions are gone.
    pub fn cuModuleUnload(module: CuModule) -> CuResult;
    /// The kernel of this name. Under lazy loading this is what loads it.
    pub fn cuModuleGetFunction(
        function: *mut CuFunction,
        module: CuModule,
        name: *const c_char,
    ) -> CuResult;
    /// One of [`function_attribute`](super::function_attribute).
    pub fn cuFuncGetAttribute(value: *mut i32, attribute: i32, function: CuFunction) -> CuResult;
    /// Sets one of [`function_attribute`](super::function_attribute).
    pub fn cuFuncSetAttribute(function: CuFunction, attribute: i32, value: i32) -> CuResult;
    /// Blocks of this kernel that a multiprocessor can hold at once.
    pub fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
        num_blocks: *mut i32,
        function: CuFunction,
        block_size: i32,
        dynamic_smem_size: usize,
    ) -> CuResult;
    /// Enqueues a kernel. `kernel_params` has one address for each argument; they are read before the call returns.
    pub fn cuLaunchKernel(
        function: CuFunction,
        grid_dim_x: u32,
        grid_dim_y: u32,
        grid_dim_z: u32,
        block_dim_x: u32,
        block_dim_y: u32,
        block_dim_z: u32,
        shared_mem_bytes: u32,
        stream: CuStream,
        kernel_params: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> CuResult;
    /// Enqueues a host function. It is not called where the work before it failed.
    pub fn cuLaunchHostFunc(
        stream: CuStream,
        host_function: Option<CuHostFn>,
        user_data: *mut c_void,
    ) -> CuResult;
}
