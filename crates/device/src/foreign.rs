//! Contexts, streams and memory of other users of CUDA in the process.

use crate::cuda::CudaDevice;
use crate::device::{Device, DeviceInner};
use crate::error::DeviceError;
use crate::stream::{Stream, StreamInner};
use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;

impl Device {
    /// The device whose primary context `context` (a `CUcontext`) is.
    ///
    /// A device that is opened twice is two devices, whose buffers and streams do not mix: call this once, and clone it.
    ///
    /// # Errors
    /// [`DeviceError::WrongDevice`] for a context that is not the primary one of its GPU; otherwise as for [`Device::cuda`].
    ///
    /// # Safety
    /// `context` is a context of the CUDA driver, and stays one until the call returns.
    #[expect(unsafe_code, reason = "takes a handle of the driver")]
    pub unsafe fn of_context(context: *mut c_void) -> Result<Self, DeviceError> {
        // SAFETY: promised by the caller.
        Device::primary(unsafe { CudaDevice::of_context(None, context) }?, context)
    }

    /// The device like [`Device::of_context`], on the caller's driver, such as the fake one of
    /// `pixelflume_cuda_driver::testing`.
    ///
    /// # Errors
    /// As for [`Device::of_context`].
    ///
    /// # Safety
    /// As for [`Device::of_context`].
    #[cfg(feature = "testing")]
    #[expect(unsafe_code, reason = "takes a handle of the driver")]
    pub unsafe fn of_context_on(
        driver: &'static pixelflume_cuda_driver::Driver,
        context: *mut c_void,
    ) -> Result<Self, DeviceError> {
        // SAFETY: promised by the caller.
        let device = unsafe { CudaDevice::of_context(Some(driver), context) }?;
        Device::primary(device, context)
    }

    /// Returns the device if the context is its primary one.
    fn primary(device: Arc<CudaDevice>, context: *mut c_void) -> Result<Self, DeviceError> {
        let device = Device::of_cuda(device);
        match &device.inner {
            DeviceInner::Cuda(cuda) if cuda.context() == context => Ok(device),
            _ => Err(DeviceError::WrongDevice {
                expected: format!("the primary context of {device}"),
                got: "another context of it".to_owned(),
            }),
        }
    }

    /// The legacy default stream: what calls of the driver without a stream, and streams that are not non-blocking, are
    /// ordered with.
    ///
    /// # Errors
    /// [`DeviceError::WrongDevice`] for a host device, which has none.
    pub fn default_stream(&self) -> Result<Stream, DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Cuda(cuda) => {
                let (stream, id) = cuda.default_stream();
                Ok(Stream::of(StreamInner::Cuda(stream), self, id))
            }
            DeviceInner::Host(_) => Err(self.expected_cuda("a default stream")),
        }
    }

    /// A stream of another library (a `CUstream`), which is not destroyed with the handle; `owner` is kept as long as a handle
    /// is left. A stream that is borrowed twice at a time has one [`StreamId`](crate::StreamId).
    ///
    /// Three handles name streams that nobody made. 0 and 1 (`CU_STREAM_LEGACY`) are the legacy default stream of this
    /// device's primary context, whatever context is current; a program that compiles with per-thread default streams means 2
    /// where it writes 0. 2 (`CU_STREAM_PER_THREAD`) is the default stream of the calling thread: the stream that is returned
    /// works on this thread alone, captures nothing, and is the home stream of no buffer of a pool, since buffers may be
    /// dropped on any thread. Calls of other threads fail with [`DeviceError::WrongThread`].
    ///
    /// # Errors
    /// [`DeviceError::WrongDevice`] for a host device, and for a stream of another context.
    ///
    /// # Safety
    /// `stream` is 0, 1, 2, or a stream of the CUDA driver that stays one until `owner` is dropped.
    #[expect(unsafe_code, reason = "takes a handle of the driver")]
    pub unsafe fn borrow_stream(
        &self,
        stream: *mut c_void,
        owner: Arc<dyn Any + Send + Sync>,
    ) -> Result<Stream, DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Cuda(cuda) => {
                // SAFETY: promised by the caller.
                let (stream, id) = unsafe { cuda.borrow_stream(stream, owner) }?;
                Ok(Stream::of(StreamInner::Cuda(stream), self, id))
            }
            DeviceInner::Host(_) => Err(self.expected_cuda("a stream of CUDA")),
        }
    }

    fn expected_cuda(&self, what: &str) -> DeviceError {
        DeviceError::WrongDevice {
            expected: format!("a CUDA device ({what})"),
            got: self.to_string(),
        }
    }
}

impl Stream {
    /// The driver's handle (a `CUstream`), for other users of CUDA; `None` on the host device. It is good as long as a handle
    /// on the stream is left.
    pub fn raw(&self) -> Option<*mut c_void> {
        match self.inner() {
            StreamInner::Cuda(stream) => Some(stream.handle()),
            StreamInner::Host(_) => None,
        }
    }
}
