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
    CuDevicePtr, CuMemPool, CuMemPoolProps, CuStream, memory_type, pointer_attribute,
    pool_attribute,
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
        let stream = number(stream.as_raw());
        code(self.call("cuMemcpyAsync", |state| {
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
        let stream = number(stream.as_raw());
        code(self.call("cuMemsetD8Async", |state| {
            if state.memory.place(dst) == Place::Unknown {
                return Err(CuResult::INVALID_VALUE);
            }
            state.enqueue_transfer(stream, Work::Fill { dst, value, bytes })
        }))
    }

    pub(crate) unsafe fn cuPointerGetAttribute(
        &self,
        data: *mut c_void,
        attribute: i32,
        address: CuDevicePtr,
    ) -> CuResult {
        let outcome = self.call("cuPointerGetAttribute", |state| {
            let context = state.enter()?;
            match state.memory.place(address) {
                Place::Unknown => Err(CuResult::INVALID_VALUE),
                // Memory of pools belongs to no context.
                place if state.memory.is_of_pool(address) => Ok((0, place)),
                place => Ok((context, place)),
            }
        });
        // SAFETY: the caller promises a place of the size of the attribute.
        unsafe {
            match (attribute, outcome) {
                (_, Err(code)) => code,
                (pointer_attribute::CONTEXT, Ok((context, _))) => {
                    give(data.cast(), Ok(raw(context)))
                }
                (pointer_attribute::MEMORY_TYPE, Ok((_, Place::Device))) => {
                    give(data.cast(), Ok(memory_type::DEVICE))
                }
                (pointer_attribute::MEMORY_TYPE, Ok(_)) => give(data.cast(), Ok(memory_type::HOST)),
                (pointer_attribute::DEVICE_ORDINAL, Ok(_)) => give(data.cast(), Ok(0_i32)),
                (pointer_attribute::DEVICE_POINTER, Ok(_)) => give(data.cast(), Ok(address)),
                (pointer_attribute::HOST_POINTER, Ok((_, Place::Pinned))) => {
                    give(data.cast(), Ok(address))
                }
                _ => CuResult::INVALID_VALUE,
            }
        }
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
        let (pool, stream) = (number(pool.as_raw()), number(stream.as_raw()));
        let outcome = self.call("cuMemAllocFromPoolAsync", |state| {
            state.allocate_ordered(bytes, pool, stream)
        });
        // SAFETY: promised by the caller.
        unsafe { give(address, outcome) }
    }

    pub(crate) unsafe fn cuMemFreeAsync(&self, address: CuDevicePtr, stream: CuStream) -> CuResult {
        let stream = number(stream.as_raw());
        code(self.call("cuMemFreeAsync", |state| {
            state.free_ordered(address, stream)
        }))
    }
}
