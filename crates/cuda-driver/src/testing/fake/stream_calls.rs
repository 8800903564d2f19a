//! The functions of the fake driver for modules, launches, streams and events.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::{CStr, c_char, c_void};

use super::Fake;
use super::calls::{code, give, number, raw};
use super::module::Launch;
use super::state::{CallResult, FakeState};
use super::work::Work;
use crate::ffi::{CuContext, CuEvent, CuFunction, CuModule, CuStream, event_record_flags};
use crate::result::CuResult;

impl FakeState {
    /// The launch of a kernel, with a copy of its arguments.
    ///
    /// # Safety
    /// `parameters` has an address for each argument of the kernel, of as many bytes as it has.
    pub(super) unsafe fn launch(
        &mut self,
        function: CuFunction,
        grid: [u32; 7],
        parameters: *const *mut c_void,
    ) -> CallResult<Work> {
        let function = number(function.as_raw());
        let name = self.function_name(function)?;
        // What every GPU takes; of shared memory, what it takes without being asked for more.
        const MOST: [u32; 7] = [i32::MAX as u32, 65535, 65535, 1024, 1024, 64, 48 << 10];
        let threads: u64 = grid[3..6]
            .iter()
            .map(|&threads| u64::from(threads))
            .product();
        let is_within = grid.iter().zip(MOST).all(|(size, most)| *size <= most);
        if grid[..6].contains(&0) || !is_within || threads > 1024 {
            return Err(CuResult::INVALID_VALUE);
        }
        let mut args = Vec::new();
        for (index, (offset, bytes)) in self.parameters(function, &name).into_iter().enumerate() {
            args.resize(offset, 0);
            // SAFETY: promised by the caller.
            let bytes =
                unsafe { std::slice::from_raw_parts((*parameters.add(index)).cast::<u8>(), bytes) };
            args.extend_from_slice(bytes);
        }
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
    pub(crate) unsafe fn cuModuleLoadData(
        &self,
        module: *mut CuModule,
        image: *const c_void,
    ) -> CuResult {
        let outcome = self.call("cuModuleLoadData", |state| {
            if image.is_null() {
                return Err(CuResult::INVALID_VALUE);
            }
            // SAFETY: the caller promises an image, which has at least a byte.
            let is_text = unsafe { *image.cast::<u8>() }.is_ascii_graphic();
            // SAFETY: an image that is no machine code is a text that ends in a zero, as the caller promises. Machine code begins
            // with another byte.
            let text = is_text.then(|| unsafe { CStr::from_ptr(image.cast()) });
            state.load_module(text.and_then(|text| text.to_str().ok()))
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
        code(self.call_on("cuLaunchKernel", stream, |state, stream| {
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
        let outcome = self.call("cuStreamCreateWithPriority", FakeState::create_stream);
        // SAFETY: promised by the caller.
        unsafe { give(stream, outcome.map(|s| CuStream::from_raw(raw(s)))) }
    }

    pub(crate) unsafe fn cuStreamDestroy_v2(&self, stream: CuStream) -> CuResult {
        code(self.call_on("cuStreamDestroy", stream, |state, stream| {
            state.destroy_stream(stream)
        }))
    }

    pub(crate) unsafe fn cuStreamSynchronize(&self, stream: CuStream) -> CuResult {
        code(
            self.call_on("cuStreamSynchronize", stream, |state, stream| {
                state.synchronize_stream(stream)
            }),
        )
    }

    pub(crate) unsafe fn cuStreamQuery(&self, stream: CuStream) -> CuResult {
        code(self.call_on("cuStreamQuery", stream, |state, stream| {
            state.query_stream(stream)
        }))
    }

    pub(crate) unsafe fn cuStreamWaitEvent(
        &self,
        stream: CuStream,
        event: CuEvent,
        _flags: u32,
    ) -> CuResult {
        let event = number(event.as_raw());
        code(self.call_on("cuStreamWaitEvent", stream, |state, stream| {
            state.wait(stream, event)
        }))
    }

    pub(crate) unsafe fn cuStreamGetCtx(
        &self,
        stream: CuStream,
        context: *mut CuContext,
    ) -> CuResult {
        let outcome = self.call_on("cuStreamGetCtx", stream, |state, stream| {
            state.context_of(stream)
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
        let event = number(event.as_raw());
        let external = flags == event_record_flags::EXTERNAL;
        code(
            self.call_on("cuEventRecordWithFlags", stream, |state, stream| {
                state.record(event, stream, external)
            }),
        )
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
}
