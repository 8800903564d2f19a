//! Streams of a GPU. Those made here are non-blocking, so that they are ordered with nothing but what events say.
#![expect(unsafe_code, reason = "calls the driver")]

use super::borrowed_streams::Queue;
use super::{CudaDevice, CudaEvent, CudaFunction};
use crate::address::Address;
use crate::args::Args;
use crate::error::DeviceError;
use crate::kernel::Grid;
use crate::stream_id::StreamId;
use pixelflume_cuda_driver::CuResult;
use pixelflume_cuda_driver::ffi::{CuStream, event_record_flags, stream_flags};
use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;
use std::thread::ThreadId;

pub(crate) struct CudaStream {
    raw: CuStream,
    /// The only thread on which the handle names this stream, where it is not every thread.
    thread: Option<ThreadId>,
    lifetime: Lifetime,
    device: Arc<CudaDevice>,
}

/// The lifetime of a stream.
enum Lifetime {
    /// The stream lives as long as its handle, which destroys it.
    Handle,
    /// The stream was not made here, and lives as long as the context or as the owner that was given with it.
    Borrowed {
        /// Before the owner, so that it is dropped first: see `BorrowedStreams::identity`.
        _identity: Arc<StreamId>,
        _owner: Option<Arc<dyn Any + Send + Sync>>,
    },
}

impl CudaStream {
    pub(super) fn new(device: &Arc<CudaDevice>) -> Result<Self, DeviceError> {
        device.enter()?;
        let mut raw = CuStream::NULL;
        // SAFETY: `raw` is a valid place for the result, and the context is current.
        let result = unsafe {
            device
                .driver()
                .cuStreamCreateWithPriority(&mut raw, stream_flags::NON_BLOCKING, 0)
        };
        device.check("cuStreamCreateWithPriority", result)?;
        Ok(CudaStream {
            raw,
            thread: None,
            lifetime: Lifetime::Handle,
            device: device.clone(),
        })
    }

    /// A stream that was not made here, and its identity. `owner` keeps it alive; the default streams live as long as the
    /// context.
    pub(super) fn borrowed(
        queue: Queue,
        device: &Arc<CudaDevice>,
        owner: Option<Arc<dyn Any + Send + Sync>>,
    ) -> (Self, StreamId) {
        let identity = device.borrowed_streams.identity(queue);
        let id = *identity;
        let stream = CudaStream {
            raw: CuStream::from_raw(queue.handle()),
            thread: match queue {
                Queue::OfThread(thread) => Some(thread),
                Queue::Legacy | Queue::Created(_) => None,
            },
            lifetime: Lifetime::Borrowed {
                _identity: identity,
                _owner: owner,
            },
            device: device.clone(),
        };
        (stream, id)
    }

    pub(crate) fn is_of_one_thread(&self) -> bool {
        self.thread.is_some()
    }

    /// Makes the context current for a call with this stream; refuses a thread on which the handle names another stream.
    pub(super) fn enter(&self) -> Result<(), DeviceError> {
        match self.thread {
            Some(thread) if thread != std::thread::current().id() => {
                Err(DeviceError::WrongThread {
                    device: self.device.label(),
                })
            }
            _ => self.device.enter(),
        }
    }

    pub(crate) fn handle(&self) -> *mut c_void {
        self.raw.as_raw()
    }

    pub(super) fn device(&self) -> &Arc<CudaDevice> {
        &self.device
    }

    pub(super) fn raw(&self) -> CuStream {
        self.raw
    }

    /// Enqueues a kernel.
    ///
    /// # Safety
    /// As for [`crate::Stream::enqueue`].
    pub(crate) unsafe fn launch(
        &self,
        function: &CudaFunction,
        grid: &Grid,
        args: &Args,
    ) -> Result<(), DeviceError> {
        self.enter()?;
        self.device.expect_own(
            function.device(),
            format_args!("kernel {}", function.name()),
        )?;
        let mut parameters = [args.bytes().as_ptr().cast_mut().cast()];
        let [blocks, threads] = [grid.blocks, grid.threads];
        // SAFETY: the function belongs to a module of this very device, which stays loaded as long as the device is open; the
        // kernel takes one struct by value, whose bytes `args` holds with its alignment (up to 16), and the driver copies
        // them before it returns. That they are the kernel's, and the memory good, is the caller's promise.
        let result = unsafe {
            self.device.driver().cuLaunchKernel(
                function.raw(),
                blocks[0],
                blocks[1],
                blocks[2],
                threads[0],
                threads[1],
                threads[2],
                grid.shared_bytes,
                self.raw,
                parameters.as_mut_ptr(),
                std::ptr::null_mut(),
            )
        };
        self.device.check("cuLaunchKernel", result)?;
        self.device.captures.note_launch(&self.device, self.raw)
    }

    pub(crate) fn record(&self, event: &CudaEvent) -> Result<(), DeviceError> {
        self.same_device(event)?;
        event.mark_recorded();
        // SAFETY: stream and event are alive and of the current context.
        let result = unsafe {
            self.device.driver().cuEventRecordWithFlags(
                event.raw(),
                self.raw,
                event_record_flags::DEFAULT,
            )
        };
        self.device.check("cuEventRecord", result)
    }

    pub(crate) fn record_time(&self, event: &CudaEvent) -> Result<(), DeviceError> {
        event.check_timed("Stream::record_time")?;
        self.same_device(event)?;
        // Inside a capture only the flag makes a node of the record, and outside it is refused.
        let flags = match self.is_in_capture()? {
            true => event_record_flags::EXTERNAL,
            false => event_record_flags::DEFAULT,
        };
        event.mark_recorded();
        // SAFETY: stream and event are alive and of the current context.
        let result = unsafe {
            self.device
                .driver()
                .cuEventRecordWithFlags(event.raw(), self.raw, flags)
        };
        self.device.check("cuEventRecord", result)
    }

    pub(crate) fn wait(&self, event: &CudaEvent) -> Result<(), DeviceError> {
        self.same_device(event)?;
        // SAFETY: stream and event are alive and of the current context.
        self.device.check("cuStreamWaitEvent", unsafe {
            self.device
                .driver()
                .cuStreamWaitEvent(self.raw, event.raw(), 0)
        })
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.enter()?;
        // SAFETY: the stream is alive and of the current context.
        self.device.check("cuStreamSynchronize", unsafe {
            self.device.driver().cuStreamSynchronize(self.raw)
        })
    }

    pub(crate) fn is_idle(&self) -> Result<bool, DeviceError> {
        self.enter()?;
        // SAFETY: the stream is alive and of the current context.
        match unsafe { self.device.driver().cuStreamQuery(self.raw) } {
            result if result == CuResult::NOT_READY => Ok(false),
            result => self.device.check("cuStreamQuery", result).map(|()| true),
        }
    }

    /// Enqueues a copy.
    ///
    /// # Safety
    /// As for [`crate::Stream::copy`].
    pub(crate) unsafe fn copy(
        &self,
        dst: Address,
        src: Address,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        if bytes == 0 {
            return Ok(());
        }
        self.enter()?;
        // SAFETY: promised by the caller; unified addressing tells the driver which side lies where.
        self.device.check("cuMemcpyAsync", unsafe {
            self.device
                .driver()
                .cuMemcpyAsync(dst.raw(), src.raw(), bytes, self.raw)
        })
    }

    /// Enqueues a fill.
    ///
    /// # Safety
    /// As for the target of [`crate::Stream::copy`].
    pub(crate) unsafe fn fill(
        &self,
        dst: Address,
        value: u8,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        if bytes == 0 {
            return Ok(());
        }
        self.enter()?;
        // SAFETY: promised by the caller.
        self.device.check("cuMemsetD8Async", unsafe {
            self.device
                .driver()
                .cuMemsetD8Async(dst.raw(), value, bytes, self.raw)
        })
    }

    fn same_device(&self, event: &CudaEvent) -> Result<(), DeviceError> {
        self.device
            .expect_own(event.device(), format_args!("event"))?;
        self.enter()
    }
}

impl Drop for CudaStream {
    fn drop(&mut self) {
        // The owner of a borrowed stream destroys it, and ends its capture.
        if matches!(self.lifetime, Lifetime::Handle) && self.device.enter_to_destroy() {
            self.abandon_capture();
            // SAFETY: the last owner goes; the driver frees the stream when the work in it is done.
            let _ = unsafe { self.device.driver().cuStreamDestroy_v2(self.raw) };
        }
    }
}
