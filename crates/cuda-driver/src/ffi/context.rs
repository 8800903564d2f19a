//! Initialisation, devices, primary contexts and error texts.

use std::ffi::c_char;

use super::{CuContext, CuDevice, CuUuid};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// Initialises the driver for this process; `flags` must be 0.
    pub fn cuInit(flags: u32) -> CuResult;
    /// The CUDA version of the driver, 1000 x major + 10 x minor. Needs no `cuInit`.
    pub fn cuDriverGetVersion(driver_version: *mut i32) -> CuResult;
    /// The name of a code, as a static string.
    pub fn cuGetErrorName(error: CuResult, text: *mut *const c_char) -> CuResult;
    /// The description of a code, as a static string.
    pub fn cuGetErrorString(error: CuResult, text: *mut *const c_char) -> CuResult;
    /// The device with this ordinal.
    pub fn cuDeviceGet(device: *mut CuDevice, ordinal: i32) -> CuResult;
    /// The number of devices.
    pub fn cuDeviceGetCount(count: *mut i32) -> CuResult;
    /// The device's name, at most `len` bytes with the closing zero.
    pub fn cuDeviceGetName(name: *mut c_char, len: i32, device: CuDevice) -> CuResult;
    /// The device's identity.
    pub fn cuDeviceGetUuid(uuid: *mut CuUuid, device: CuDevice) -> CuResult;
    /// The PCI address as text, at most `len` bytes with the closing zero.
    pub fn cuDeviceGetPCIBusId(pci_bus_id: *mut c_char, len: i32, device: CuDevice) -> CuResult;
    /// One of [`device_attribute`](super::device_attribute).
    pub fn cuDeviceGetAttribute(value: *mut i32, attribute: i32, device: CuDevice) -> CuResult;
    /// The device's memory in bytes.
    pub fn cuDeviceTotalMem_v2(bytes: *mut usize, device: CuDevice) -> CuResult;
    /// 1 where `device` can reach the memory of `peer_dev`.
    pub fn cuDeviceCanAccessPeer(
        can_access_peer: *mut i32,
        device: CuDevice,
        peer_dev: CuDevice,
    ) -> CuResult;
    /// The device's primary context, created at the first call; counts its users.
    pub fn cuDevicePrimaryCtxRetain(context: *mut CuContext, device: CuDevice) -> CuResult;
    /// Gives one use of the primary context back; the last one destroys it.
    pub fn cuDevicePrimaryCtxRelease_v2(device: CuDevice) -> CuResult;
    /// The flags of the primary context, from [`context_flags`](super::context_flags).
    pub fn cuDevicePrimaryCtxSetFlags_v2(device: CuDevice, flags: u32) -> CuResult;
    /// Flags of the primary context, and whether it exists.
    pub fn cuDevicePrimaryCtxGetState(
        device: CuDevice,
        flags: *mut u32,
        active: *mut i32,
    ) -> CuResult;
    /// Makes the context current for this thread; null for none.
    pub fn cuCtxSetCurrent(context: CuContext) -> CuResult;
    /// This thread's current context, null for none.
    pub fn cuCtxGetCurrent(context: *mut CuContext) -> CuResult;
    /// Waits for all work of the current context.
    pub fn cuCtxSynchronize() -> CuResult;
    /// The lowest and the highest stream priority; the highest is the smaller number.
    pub fn cuCtxGetStreamPriorityRange(
        least_priority: *mut i32,
        greatest_priority: *mut i32,
    ) -> CuResult;
}
