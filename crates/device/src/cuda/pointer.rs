//! What the driver knows of memory that other users of the process allocated.
#![expect(unsafe_code, reason = "calls the driver")]

use super::CudaDevice;
use crate::address::Address;
use crate::error::DeviceError;
use pixelflume_cuda_driver::ffi::{CuContext, memory_type, pointer_attribute};
use std::ffi::c_void;

/// What the driver tells of the memory at an address.
struct Pointer {
    /// Null for memory of pools and of mappings, which belongs to a device and to no context.
    context: CuContext,
    /// 0 where the driver knows of no memory.
    kind: i32,
    managed: u32,
    ordinal: i32,
    /// The allocation, or the mapping, that the address lies in; of no bytes where the driver does not tell.
    start: u64,
    bytes: usize,
}

impl CudaDevice {
    /// Checks that `bytes` bytes at `address` are device or managed memory that work of this context can access.
    pub(crate) fn check_memory(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.enter()?;
        let wrong = |found: String| DeviceError::WrongMemory {
            address: address.raw(),
            bytes,
            device: self.label(),
            found,
        };
        let end = address.raw().checked_add(bytes as u64);
        let end = end.ok_or_else(|| wrong("its end is no address".to_owned()))?;
        let mut at = address.raw();
        loop {
            let pointer = self.pointer(at)?;
            if let Some(found) = self.not_ours(&pointer) {
                return Err(wrong(match at - address.raw() {
                    0 => found,
                    inside => format!("the allocation ends after {inside} bytes"),
                }));
            }
            // Mappings of one range of addresses are told piece by piece, and may be many; what comes right behind is looked
            // at in turn. Where the driver tells no extent, the caller's promise has to do.
            match pointer.start.checked_add(pointer.bytes as u64) {
                Some(next) if at < next && next < end => at = next,
                _ => return Ok(()),
            }
        }
    }

    /// Says why work of this context cannot access the memory, or must not be given it as device memory.
    fn not_ours(&self, pointer: &Pointer) -> Option<String> {
        if pointer.managed != 0 {
            return None;
        }
        match pointer.kind {
            memory_type::DEVICE => {}
            memory_type::HOST => {
                return Some(
                    "it is page-locked host memory; copy it to device memory first".to_owned(),
                );
            }
            _ => {
                return Some(
                    "the driver knows of no memory there; copy host memory to device memory first"
                        .to_owned(),
                );
            }
        }
        if usize::try_from(pointer.ordinal).ok() != Some(self.ordinal()) {
            return Some(format!("it is memory of cuda:{}", pointer.ordinal));
        }
        let context = pointer.context;
        (!context.is_null() && context != self.raw_context())
            .then(|| "it is memory of a context that is not the primary one of its GPU".to_owned())
    }

    fn pointer(&self, address: u64) -> Result<Pointer, DeviceError> {
        let mut pointer = Pointer {
            context: CuContext::NULL,
            kind: 0,
            managed: 0,
            ordinal: -1,
            start: 0,
            bytes: 0,
        };
        let mut attributes = [
            pointer_attribute::CONTEXT,
            pointer_attribute::MEMORY_TYPE,
            pointer_attribute::IS_MANAGED,
            pointer_attribute::DEVICE_ORDINAL,
            pointer_attribute::RANGE_START_ADDR,
            pointer_attribute::RANGE_SIZE,
        ];
        let mut places: [*mut c_void; 6] = [
            (&raw mut pointer.context).cast(),
            (&raw mut pointer.kind).cast(),
            (&raw mut pointer.managed).cast(),
            (&raw mut pointer.ordinal).cast(),
            (&raw mut pointer.start).cast(),
            (&raw mut pointer.bytes).cast(),
        ];
        // SAFETY: there are as many places as attributes, each of its attribute's type; the address is only looked up.
        let result = unsafe {
            self.driver().cuPointerGetAttributes(
                attributes.len() as u32,
                attributes.as_mut_ptr(),
                places.as_mut_ptr(),
                address,
            )
        };
        self.check("cuPointerGetAttributes", result)?;
        Ok(pointer)
    }
}
