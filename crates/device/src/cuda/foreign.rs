//! Contexts, streams and memory that other users of the driver created.
#![expect(unsafe_code, reason = "calls the driver")]

use super::borrowed_streams::Queue;
use super::{CudaDevice, CudaStream};
use crate::error::DeviceError;
use crate::stream_id::StreamId;
use pixelflume_cuda_driver::ffi::{CuContext, CuStream};
use pixelflume_cuda_driver::{CuResult, Driver};
use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;

impl CudaDevice {
    /// The device of a context, on the system's driver where no other driver is given.
    ///
    /// # Safety
    /// `context` is a context of that driver, and stays one until the call returns.
    pub(crate) unsafe fn of_context(
        driver: Option<&'static Driver>,
        context: *mut c_void,
    ) -> Result<Arc<Self>, DeviceError> {
        let driver = match driver {
            Some(driver) => driver,
            None => super::start::system_driver()?,
        };
        // SAFETY: promised by the caller.
        let ordinal = unsafe { CudaDevice::ordinal_of(driver, context) }?;
        CudaDevice::open_on(driver, ordinal)
    }

    /// The ordinal of the device that a context belongs to.
    ///
    /// # Safety
    /// As for [`CudaDevice::of_context`].
    unsafe fn ordinal_of(driver: &Driver, context: *mut c_void) -> Result<usize, DeviceError> {
        super::start::start(driver)?;
        let (mut device, mut popped) = (0, CuContext::NULL);
        // SAFETY: promised by the caller.
        let pushed = unsafe { driver.cuCtxPushCurrent_v2(CuContext::from_raw(context)) };
        accepted("cuCtxPushCurrent", pushed)?;
        // SAFETY: both are valid places for the results, and what was pushed is popped.
        let (got, popped) = unsafe {
            let got = driver.cuCtxGetDevice(&mut device);
            (got, driver.cuCtxPopCurrent_v2(&mut popped))
        };
        accepted("cuCtxGetDevice", got)?;
        accepted("cuCtxPopCurrent", popped)?;
        for ordinal in 0..super::start::count_of(driver)? {
            let (mut candidate, index) = (0, i32::try_from(ordinal).unwrap_or(i32::MAX));
            // SAFETY: `candidate` is a valid place for the result.
            let result = unsafe { driver.cuDeviceGet(&mut candidate, index) };
            accepted("cuDeviceGet", result)?;
            if candidate == device {
                return Ok(ordinal);
            }
        }
        Err(error("cuCtxGetDevice", CuResult::INVALID_CONTEXT))
    }

    /// The primary context of the GPU.
    pub(crate) fn context(&self) -> *mut c_void {
        self.raw_context().as_raw()
    }

    /// The context's legacy default stream.
    pub(crate) fn default_stream(self: &Arc<Self>) -> (CudaStream, StreamId) {
        CudaStream::borrowed(Queue::Legacy, self, None)
    }

    /// A stream of another library, and its identity.
    ///
    /// # Safety
    /// `raw` is a stream of the driver, and stays one until `owner` is dropped.
    pub(crate) unsafe fn borrow_stream(
        self: &Arc<Self>,
        raw: *mut c_void,
        owner: Arc<dyn Any + Send + Sync>,
    ) -> Result<(CudaStream, StreamId), DeviceError> {
        self.enter()?;
        let queue = Queue::of(raw);
        // The default streams are those of the current context, which is made the one of this device before each call.
        if let Queue::Created(_) = queue {
            let mut context = CuContext::NULL;
            // SAFETY: `context` is a valid place for the result; the stream is alive, as the caller promises.
            let result = unsafe {
                self.driver()
                    .cuStreamGetCtx(CuStream::from_raw(raw), &mut context)
            };
            self.check("cuStreamGetCtx", result)?;
            if context.as_raw() != self.context() {
                return Err(self.another_context("a stream"));
            }
        }
        Ok(CudaStream::borrowed(queue, self, Some(owner)))
    }

    fn another_context(&self, what: &str) -> DeviceError {
        DeviceError::WrongDevice {
            expected: format!("{what} in the primary context of cuda:{}", self.ordinal()),
            got: "one of another context".to_owned(),
        }
    }
}

/// Turns a result of the driver into an error before there is a device.
fn accepted(call: &'static str, result: CuResult) -> Result<(), DeviceError> {
    result.ok().map_err(|result| error(call, result))
}

fn error(call: &'static str, result: CuResult) -> DeviceError {
    let (code, name) = (result.code(), result.name());
    match result.is_sticky() {
        true => DeviceError::Lost {
            device: "of the context".to_owned(),
            call,
            code,
            name,
        },
        false => DeviceError::Driver { call, code, name },
    }
}
