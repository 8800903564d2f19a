//! The functions of the fake driver: devices, contexts, memory, modules, streams and events. They turn pointers into values and
//! back, and leave the rest to the state.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::{CStr, c_char, c_void};

use super::Fake;
use super::memory::Place;
use super::module::Launch;
use super::state::{Handle, Outcome, State};
use super::work::Work;
use crate::CuResult;
use crate::ffi::{
    CuContext, CuDevice, CuDevicePtr, CuEvent, CuFunction, CuMemPool, CuMemPoolProps, CuModule,
    CuStream, device_attribute, event_record_flags, memory_type, pointer_attribute, pool_attribute,
};

/// The code of a call without a result.
pub(super) fn code(outcome: Outcome<()>) -> CuResult {
    outcome.err().unwrap_or(CuResult::SUCCESS)
}

/// Writes the result of a call where the caller wants it; where the call failed nothing is written.
///
/// # Safety
/// `place` is null, or valid for a write.
pub(super) unsafe fn give<T>(place: *mut T, outcome: Outcome<T>) -> CuResult {
    match outcome {
        Err(code) => code,
        Ok(_) if place.is_null() => CuResult::INVALID_VALUE,
        Ok(value) => {
            // SAFETY: promised by the caller, and not null.
            unsafe { place.write(value) };
            CuResult::SUCCESS
        }
    }
}

/// A handle as the driver's callers have it.
pub(super) fn raw(handle: Handle) -> *mut c_void {
    std::ptr::without_provenance_mut(handle as usize)
}

/// The number of a handle.
pub(super) fn number(raw: *mut c_void) -> Handle {
    raw.addr() as Handle
}

impl State {
    /// The launch of a kernel, with a copy of its arguments.
    ///
    /// # Safety
    /// `parameters` has one address, of as many bytes as the kernel's arguments have.
    pub(super) unsafe fn launch(
        &mut self,
        function: CuFunction,
        grid: [u32; 7],
        parameters: *const *mut c_void,
    ) -> Outcome<Work> {
        let function = number(function.as_raw());
        let name = self.function_name(function)?;
        if grid[..6].contains(&0) || grid[3] * grid[4] * grid[5] > 1024 {
            return Err(CuResult::INVALID_VALUE);
        }
        let bytes = self.kernels.args(&name);
        // SAFETY: promised by the caller.
        let args =
            unsafe { std::slice::from_raw_parts((*parameters).cast::<u8>(), bytes) }.to_vec();
        Ok(Work::Launch(Launch {
            function,
            name,
            grid,
            args,
        }))
    }
}

#[expect(clippy::too_many_arguments, reason = "signatures are the driver's")]
impl Fake {
    pub(crate) unsafe fn cuInit(&self, flags: u32) -> CuResult {
        code(self.call("cuInit", |state| match flags {
            0 if state.config.devices == 0 => Err(CuResult::NO_DEVICE),
            0 => {
                state.start();
                Ok(())
            }
            _ => Err(CuResult::INVALID_VALUE),
        }))
    }

    pub(crate) unsafe fn cuDriverGetVersion(&self, version: *mut i32) -> CuResult {
        // SAFETY: promised by the caller.
        unsafe { give(version, Ok(self.config.version)) }
    }

    pub(crate) unsafe fn cuDeviceGetCount(&self, count: *mut i32) -> CuResult {
        let devices = self.config.devices as i32;
        let outcome = self.call("cuDeviceGetCount", |state| state.device(0).map(|_| devices));
        // SAFETY: promised by the caller.
        unsafe { give(count, outcome) }
    }

    pub(crate) unsafe fn cuDeviceGet(&self, device: *mut CuDevice, ordinal: i32) -> CuResult {
        let outcome = self.call("cuDeviceGet", |state| state.device(ordinal));
        // SAFETY: promised by the caller.
        unsafe { give(device, outcome) }
    }

    pub(crate) unsafe fn cuDeviceGetName(
        &self,
        name: *mut c_char,
        length: i32,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceGetName", |state| {
            let text = format!("Fake {}", state.device(device)?);
            match usize::try_from(length) {
                Ok(length) if length > text.len() => Ok(text),
                _ => Err(CuResult::INVALID_VALUE),
            }
        });
        match outcome {
            Err(code) => code,
            Ok(text) => {
                // SAFETY: there is room for the text and a zero, as was checked above, and the caller promises the place.
                unsafe {
                    name.copy_from_nonoverlapping(text.as_ptr().cast(), text.len());
                    name.add(text.len()).write(0);
                }
                CuResult::SUCCESS
            }
        }
    }

    pub(crate) unsafe fn cuDeviceGetAttribute(
        &self,
        value: *mut i32,
        attribute: i32,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceGetAttribute", |state| {
            state.device(device)?;
            let (major, minor) = state.config.compute_capability;
            match attribute {
                device_attribute::COMPUTE_CAPABILITY_MAJOR => Ok(major),
                device_attribute::COMPUTE_CAPABILITY_MINOR => Ok(minor),
                device_attribute::MULTIPROCESSOR_COUNT => Ok(4),
                device_attribute::L2_CACHE_SIZE => Ok(1 << 20),
                device_attribute::MEMORY_POOLS_SUPPORTED => Ok(1),
                _ => Err(CuResult::INVALID_VALUE),
            }
        });
        // SAFETY: promised by the caller.
        unsafe { give(value, outcome) }
    }

    pub(crate) unsafe fn cuDeviceTotalMem_v2(
        &self,
        bytes: *mut usize,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDeviceTotalMem", |state| {
            state.device(device).map(|_| state.config.memory as usize)
        });
        // SAFETY: promised by the caller.
        unsafe { give(bytes, outcome) }
    }

    pub(crate) unsafe fn cuDevicePrimaryCtxRetain(
        &self,
        context: *mut CuContext,
        device: CuDevice,
    ) -> CuResult {
        let outcome = self.call("cuDevicePrimaryCtxRetain", |state| state.retain(device));
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuDevicePrimaryCtxRelease_v2(&self, device: CuDevice) -> CuResult {
        code(self.call("cuDevicePrimaryCtxRelease", |state| state.release(device)))
    }

    pub(crate) unsafe fn cuDevicePrimaryCtxGetState(
        &self,
        device: CuDevice,
        flags: *mut u32,
        active: *mut i32,
    ) -> CuResult {
        let outcome = self.call("cuDevicePrimaryCtxGetState", |state| {
            state.is_active(device)
        });
        // SAFETY: promised by the caller.
        let result = unsafe { give(active, outcome.map(i32::from)) };
        match result.ok() {
            Err(code) => code,
            // SAFETY: promised by the caller.
            Ok(()) => unsafe { give(flags, Ok(0)) },
        }
    }

    pub(crate) unsafe fn cuCtxGetCurrent(&self, context: *mut CuContext) -> CuResult {
        let outcome = self.call("cuCtxGetCurrent", |state| Ok(state.current().unwrap_or(0)));
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuCtxSetCurrent(&self, context: CuContext) -> CuResult {
        let context = number(context.as_raw());
        code(self.call("cuCtxSetCurrent", |state| state.set_current(context)))
    }

    pub(crate) unsafe fn cuCtxPushCurrent_v2(&self, context: CuContext) -> CuResult {
        let context = number(context.as_raw());
        code(self.call("cuCtxPushCurrent", |state| state.push(context)))
    }

    pub(crate) unsafe fn cuCtxPopCurrent_v2(&self, context: *mut CuContext) -> CuResult {
        let outcome = self.call("cuCtxPopCurrent", State::pop);
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuCtxGetDevice(&self, device: *mut CuDevice) -> CuResult {
        let outcome = self.call("cuCtxGetDevice", State::current_device);
        // SAFETY: promised by the caller.
        unsafe { give(device, outcome) }
    }

    pub(crate) unsafe fn cuCtxSynchronize(&self) -> CuResult {
        code(self.call("cuCtxSynchronize", State::synchronize_all))
    }

    pub(crate) unsafe fn cuMemGetInfo_v2(&self, free: *mut usize, total: *mut usize) -> CuResult {
        let outcome = self.call("cuMemGetInfo", State::memory_info);
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

    pub(crate) unsafe fn cuModuleLoadData(
        &self,
        module: *mut CuModule,
        image: *const c_void,
    ) -> CuResult {
        let outcome = self.call("cuModuleLoadData", |state| match image.is_null() {
            true => Err(CuResult::INVALID_VALUE),
            false => state.load_module(),
        });
        // SAFETY: promised by the caller.
        unsafe { give(module, outcome.map(|m| CuModule::from_raw(raw(m)))) }
    }

    pub(crate) unsafe fn cuModuleUnload(&self, module: CuModule) -> CuResult {
        let module = number(module.as_raw());
        code(self.call("cuModuleUnload", |state| state.unload_module(module)))
    }

    pub(crate) unsafe fn cuModuleGetFunction(
        &self,
        function: *mut CuFunction,
        module: CuModule,
        name: *const c_char,
    ) -> CuResult {
        // SAFETY: the caller promises a text that ends in a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let module = number(module.as_raw());
        let outcome = self.call("cuModuleGetFunction", |state| state.function(module, &name));
        // SAFETY: promised by the caller.
        unsafe { give(function, outcome.map(|f| CuFunction::from_raw(raw(f)))) }
    }

    pub(crate) unsafe fn cuLaunchKernel(
        &self,
        function: CuFunction,
        grid_x: u32,
        grid_y: u32,
        grid_z: u32,
        block_x: u32,
        block_y: u32,
        block_z: u32,
        shared_bytes: u32,
        stream: CuStream,
        parameters: *mut *mut c_void,
        _extra: *mut *mut c_void,
    ) -> CuResult {
        let grid = [
            grid_x,
            grid_y,
            grid_z,
            block_x,
            block_y,
            block_z,
            shared_bytes,
        ];
        let stream = number(stream.as_raw());
        code(self.call("cuLaunchKernel", |state| {
            // SAFETY: promised by the caller.
            let work = unsafe { state.launch(function, grid, parameters) }?;
            state.enqueue(stream, work)
        }))
    }

    pub(crate) unsafe fn cuStreamCreateWithPriority(
        &self,
        stream: *mut CuStream,
        _flags: u32,
        _priority: i32,
    ) -> CuResult {
        let outcome = self.call("cuStreamCreateWithPriority", State::create_stream);
        // SAFETY: promised by the caller.
        unsafe { give(stream, outcome.map(|s| CuStream::from_raw(raw(s)))) }
    }

    pub(crate) unsafe fn cuStreamDestroy_v2(&self, stream: CuStream) -> CuResult {
        let stream = number(stream.as_raw());
        code(self.call("cuStreamDestroy", |state| state.destroy_stream(stream)))
    }

    pub(crate) unsafe fn cuStreamSynchronize(&self, stream: CuStream) -> CuResult {
        let stream = number(stream.as_raw());
        code(self.call("cuStreamSynchronize", |state| {
            state.synchronize_stream(stream)
        }))
    }

    pub(crate) unsafe fn cuStreamQuery(&self, stream: CuStream) -> CuResult {
        let stream = number(stream.as_raw());
        code(self.call("cuStreamQuery", |state| state.query_stream(stream)))
    }

    pub(crate) unsafe fn cuStreamWaitEvent(
        &self,
        stream: CuStream,
        event: CuEvent,
        _flags: u32,
    ) -> CuResult {
        let (stream, event) = (number(stream.as_raw()), number(event.as_raw()));
        code(self.call("cuStreamWaitEvent", |state| state.wait(stream, event)))
    }

    pub(crate) unsafe fn cuStreamGetCtx(
        &self,
        stream: CuStream,
        context: *mut CuContext,
    ) -> CuResult {
        let stream = number(stream.as_raw());
        let outcome = self.call("cuStreamGetCtx", |state| {
            state.stream(stream)?;
            state.enter()
        });
        // SAFETY: promised by the caller.
        unsafe { give(context, outcome.map(|c| CuContext::from_raw(raw(c)))) }
    }

    pub(crate) unsafe fn cuEventCreate(&self, event: *mut CuEvent, flags: u32) -> CuResult {
        let outcome = self.call("cuEventCreate", |state| state.create_event(flags));
        // SAFETY: promised by the caller.
        unsafe { give(event, outcome.map(|e| CuEvent::from_raw(raw(e)))) }
    }

    pub(crate) unsafe fn cuEventDestroy_v2(&self, event: CuEvent) -> CuResult {
        let event = number(event.as_raw());
        code(self.call("cuEventDestroy", |state| state.destroy_event(event)))
    }

    pub(crate) unsafe fn cuEventRecordWithFlags(
        &self,
        event: CuEvent,
        stream: CuStream,
        flags: u32,
    ) -> CuResult {
        let (stream, event) = (number(stream.as_raw()), number(event.as_raw()));
        let external = flags == event_record_flags::EXTERNAL;
        code(self.call("cuEventRecordWithFlags", |state| {
            state.record(event, stream, external)
        }))
    }

    pub(crate) unsafe fn cuEventQuery(&self, event: CuEvent) -> CuResult {
        let event = number(event.as_raw());
        code(self.call("cuEventQuery", |state| state.query_event(event)))
    }

    pub(crate) unsafe fn cuEventSynchronize(&self, event: CuEvent) -> CuResult {
        let event = number(event.as_raw());
        code(self.call("cuEventSynchronize", |state| state.synchronize_event(event)))
    }

    pub(crate) unsafe fn cuEventElapsedTime(
        &self,
        milliseconds: *mut f32,
        start: CuEvent,
        end: CuEvent,
    ) -> CuResult {
        let (start, end) = (number(start.as_raw()), number(end.as_raw()));
        let outcome = self.call("cuEventElapsedTime", |state| state.elapsed(start, end));
        // SAFETY: promised by the caller.
        unsafe { give(milliseconds, outcome) }
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
