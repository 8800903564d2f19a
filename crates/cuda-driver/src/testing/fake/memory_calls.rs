//! The functions of the fake driver for memory and pools.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::c_void;

use super::Fake;
use super::calls::{code, give, number, raw};
use super::memory::Place;
use super::state::FakeState;
use super::work::Work;
use crate::ffi::{
    CuDevicePtr, CuMemPool, CuMemPoolProps, CuStream, pointer_attribute, pool_attribute,
};
use crate::result::CuResult;

impl Fake {
    pub(crate) unsafe fn cuMemGetInfo_v2(&self, free: *mut usize, total: *mut usize) -> CuResult {
        let outcome = self.call("cuMemGetInfo", FakeState::memory_info);
        // SAFETY: promised by the caller.
        let result = unsafe { give(free, outcome.map(|(free, _)| free)) };
        match result.ok() {
            Err(code) => code,
            // SAFETY: promised by the caller.
            Ok(()) => unsafe { give(total, outcome.map(|(_, total)| total)) },
        }
    }

    pub(crate) unsafe fn cuMemAlloc_v2(&self, address: *mut CuDevicePtr, bytes: usize) -> CuResult {
        let outcome = self.call("cuMemAlloc", |state| state.allocate(bytes));
        // SAFETY: promised by the caller.
        unsafe { give(address, outcome) }
    }

    pub(crate) unsafe fn cuMemFree_v2(&self, address: CuDevicePtr) -> CuResult {
        code(self.call("cuMemFree", |state| state.free(address)))
    }

    pub(crate) unsafe fn cuMemHostAlloc(
        &self,
        address: *mut *mut c_void,
        bytes: usize,
        _flags: u32,
    ) -> CuResult {
        let outcome = self.call("cuMemHostAlloc", |state| state.allocate_pinned(bytes));
        // SAFETY: promised by the caller.
        unsafe { give(address, outcome.map(|memory| memory.cast())) }
    }

    pub(crate) unsafe fn cuMemFreeHost(&self, address: *mut c_void) -> CuResult {
        let address = address.addr() as u64;
        code(self.call("cuMemFreeHost", |state| state.free_pinned(address)))
    }

    pub(crate) unsafe fn cuMemcpyAsync(
        &self,
        dst: CuDevicePtr,
        src: CuDevicePtr,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult {
        code(self.call_on("cuMemcpyAsync", stream, |state, stream| {
            state.enqueue_transfer(stream, Work::Copy { dst, src, bytes })
        }))
    }

    pub(crate) unsafe fn cuMemsetD8Async(
        &self,
        dst: CuDevicePtr,
        value: u8,
        bytes: usize,
        stream: CuStream,
    ) -> CuResult {
        code(self.call_on("cuMemsetD8Async", stream, |state, stream| {
            if state.memory.place(dst) == Place::Unknown {
                return Err(CuResult::INVALID_VALUE);
            }
            state.enqueue_transfer(stream, Work::Fill { dst, value, bytes })
        }))
    }

    pub(crate) unsafe fn cuPointerGetAttributes(
        &self,
        count: u32,
        attributes: *mut i32,
        data: *mut *mut c_void,
        address: CuDevicePtr,
    ) -> CuResult {
        let outcome = self.call("cuPointerGetAttributes", |state| {
            state.enter()?;
            Ok(state.memory.pointer(address))
        });
        let pointer = match outcome {
            Ok(pointer) => pointer,
            Err(code) => return code,
        };
        for index in 0..count as usize {
            // SAFETY: the caller promises `count` attributes and `count` places, each of the size of its attribute.
            let result = unsafe {
                let place = data.add(index).read();
                match attributes.add(index).read() {
                    pointer_attribute::CONTEXT => give(place.cast(), Ok(raw(pointer.context))),
                    pointer_attribute::MEMORY_TYPE => give(place.cast(), Ok(pointer.kind)),
                    pointer_attribute::IS_MANAGED => {
                        give(place.cast(), Ok(u32::from(pointer.managed)))
                    }
                    pointer_attribute::DEVICE_ORDINAL => give(place.cast(), Ok(pointer.device)),
                    pointer_attribute::RANGE_START_ADDR => give(place.cast(), Ok(pointer.start)),
                    pointer_attribute::RANGE_SIZE => give(place.cast(), Ok(pointer.bytes)),
                    _ => CuResult::INVALID_VALUE,
                }
            };
            if !result.is_ok() {
                return result;
            }
        }
        CuResult::SUCCESS
    }

    pub(crate) unsafe fn cuMemPoolCreate(
        &self,
        pool: *mut CuMemPool,
        properties: *const CuMemPoolProps,
    ) -> CuResult {
        // SAFETY: the caller promises complete properties.
        let device = unsafe { &*properties }.location.id;
        let outcome = self.call("cuMemPoolCreate", |state| state.create_pool(device));
        // SAFETY: promised by the caller.
        unsafe { give(pool, outcome.map(|p| CuMemPool::from_raw(raw(p)))) }
    }

    pub(crate) unsafe fn cuMemPoolDestroy(&self, pool: CuMemPool) -> CuResult {
        let pool = number(pool.as_raw());
        code(self.call("cuMemPoolDestroy", |state| state.destroy_pool(pool)))
    }

    pub(crate) unsafe fn cuMemPoolSetAttribute(
        &self,
        pool: CuMemPool,
        attribute: i32,
        value: *mut c_void,
    ) -> CuResult {
        let pool = number(pool.as_raw());
        code(self.call("cuMemPoolSetAttribute", |state| {
            let pool = state.pool(pool)?;
            if attribute != pool_attribute::RELEASE_THRESHOLD {
                return Err(CuResult::INVALID_VALUE);
            }
            // SAFETY: the caller promises a number of 64 bits for this attribute.
            pool.threshold = unsafe { value.cast::<u64>().read() };
            Ok(())
        }))
    }

    pub(crate) unsafe fn cuMemPoolGetAttribute(
        &self,
        pool: CuMemPool,
        attribute: i32,
        value: *mut c_void,
    ) -> CuResult {
        let pool = number(pool.as_raw());
        let outcome = self.call("cuMemPoolGetAttribute", |state| {
            let pool = state.pool(pool)?;
            match attribute {
                pool_attribute::RESERVED_MEM_CURRENT => Ok(pool.used + pool.kept),
                pool_attribute::USED_MEM_CURRENT => Ok(pool.used),
                _ => Err(CuResult::INVALID_VALUE),
            }
        });
        // SAFETY: the caller promises a place for a number of 64 bits for these attributes.
        unsafe { give(value.cast(), outcome) }
    }

    pub(crate) unsafe fn cuMemPoolTrimTo(&self, pool: CuMemPool, keep: usize) -> CuResult {
        let pool = number(pool.as_raw());
        code(self.call("cuMemPoolTrimTo", |state| state.trim_pool(pool, keep)))
    }

    pub(crate) unsafe fn cuMemAllocFromPoolAsync(
        &self,
        address: *mut CuDevicePtr,
        bytes: usize,
        pool: CuMemPool,
        stream: CuStream,
    ) -> CuResult {
        let pool = number(pool.as_raw());
        let outcome = self.call_on("cuMemAllocFromPoolAsync", stream, |state, stream| {
            state.allocate_ordered(bytes, pool, stream)
        });
        // SAFETY: promised by the caller.
        unsafe { give(address, outcome) }
    }

    pub(crate) unsafe fn cuMemFreeAsync(&self, address: CuDevicePtr, stream: CuStream) -> CuResult {
        code(self.call_on("cuMemFreeAsync", stream, |state, stream| {
            state.free_ordered(address, stream)
        }))
    }
}
