//! Events of a GPU, which are pooled because creating one costs more than using it.
#![expect(unsafe_code, reason = "calls the driver")]

use super::CudaDevice;
use crate::error::{DeviceError, Severity};
use crate::sync::Mutex;
use pixelflume_cuda_driver::ffi::{CuEvent, event_flags};
use pixelflume_cuda_driver::{CuResult, Driver};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The time between two queries of an event for which the driver cannot wait.
const BETWEEN_QUESTIONS: Duration = Duration::from_micros(50);

/// Events that are not in use. Any earlier record of one is harmless: it is complete, or its next user records it again
/// before anybody waits for it.
#[derive(Default)]
pub(super) struct EventPool(Mutex<Vec<CuEvent>>);

impl EventPool {
    /// Destroys the pooled events; the context must be current.
    pub(super) fn destroy(&self, driver: &Driver) {
        for event in self.0.lock().drain(..) {
            // SAFETY: a pooled event has no other owner. Work that still refers to it goes on.
            let _ = unsafe { driver.cuEventDestroy_v2(event) };
        }
    }
}

/// An event of a GPU.
pub(crate) struct CudaEvent {
    raw: CuEvent,
    device: Arc<CudaDevice>,
    times: Times,
}

/// Whether an event keeps times, and whether its present owner has recorded it. What an earlier owner left is
/// not to be read.
enum Times {
    None,
    Kept { recorded: AtomicBool },
}

impl CudaEvent {
    pub(super) fn new(device: &Arc<CudaDevice>) -> Result<Self, DeviceError> {
        CudaEvent::make(device, Times::None)
    }

    pub(super) fn with_times(device: &Arc<CudaDevice>) -> Result<Self, DeviceError> {
        let recorded = AtomicBool::new(false);
        CudaEvent::make(device, Times::Kept { recorded })
    }

    fn make(device: &Arc<CudaDevice>, times: Times) -> Result<Self, DeviceError> {
        device.enter()?;
        let flags = match times {
            Times::None => event_flags::DISABLE_TIMING,
            Times::Kept { .. } => event_flags::DEFAULT,
        };
        let pooled = pool(device, &times).0.lock().pop();
        let raw = match pooled {
            Some(raw) => raw,
            None => {
                let mut raw = CuEvent::NULL;
                // SAFETY: `raw` is a valid place for the result, and the context is current.
                let result = unsafe { device.driver().cuEventCreate(&mut raw, flags) };
                device.check("cuEventCreate", result)?;
                raw
            }
        };
        Ok(CudaEvent {
            raw,
            device: device.clone(),
            times,
        })
    }

    /// Refuses an event that keeps no times.
    pub(super) fn check_timed(&self, call: &'static str) -> Result<(), DeviceError> {
        match self.times {
            Times::Kept { .. } => Ok(()),
            Times::None => Err(DeviceError::EventWithoutTimes { call }),
        }
    }

    /// Notes that the event is about to be recorded.
    pub(super) fn mark_recorded(&self) {
        if let Times::Kept { recorded } = &self.times {
            recorded.store(true, Ordering::Relaxed);
        }
    }

    fn is_recorded(&self, call: &'static str) -> Result<bool, DeviceError> {
        match &self.times {
            Times::Kept { recorded } => Ok(recorded.load(Ordering::Relaxed)),
            Times::None => Err(DeviceError::EventWithoutTimes { call }),
        }
    }

    pub(crate) fn seconds_since(&self, earlier: &CudaEvent) -> Result<Option<f64>, DeviceError> {
        const CALL: &str = "Event::seconds_since";
        let recorded = self.is_recorded(CALL)? & earlier.is_recorded(CALL)?;
        self.device
            .expect_own(&earlier.device, format_args!("earlier event"))?;
        if !recorded {
            return Ok(None);
        }
        self.device.enter()?;
        let mut milliseconds = 0.0_f32;
        // SAFETY: the place is valid for the result, and both events live as long as their owners.
        let result = unsafe {
            self.device
                .driver()
                .cuEventElapsedTime(&mut milliseconds, earlier.raw, self.raw)
        };
        match result {
            CuResult::NOT_READY => Ok(None),
            // Handles that live and keep times are refused only where there is no record: a graph with it was not launched.
            CuResult::INVALID_HANDLE => Ok(None),
            result => {
                self.device.check("cuEventElapsedTime", result)?;
                Ok(Some(f64::from(milliseconds) / 1e3))
            }
        }
    }

    pub(super) fn raw(&self) -> CuEvent {
        self.raw
    }

    pub(super) fn device(&self) -> &Arc<CudaDevice> {
        &self.device
    }

    pub(crate) fn is_complete(&self) -> Result<bool, DeviceError> {
        self.device.enter()?;
        // SAFETY: the event lives as long as `self`.
        match unsafe { self.device.driver().cuEventQuery(self.raw) } {
            result if result == CuResult::NOT_READY => Ok(false),
            result => self.device.check("cuEventQuery", result).map(|()| true),
        }
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.device.enter()?;
        // SAFETY: the event lives as long as `self`.
        let waited = self.device.check("cuEventSynchronize", unsafe {
            self.device.driver().cuEventSynchronize(self.raw)
        });
        match waited {
            // It is asked until it tells: a wait for the whole device is refused while another thread captures.
            Err(error) if error.severity() == Severity::Recoverable => loop {
                match self.is_complete() {
                    Ok(true) => return Ok(()),
                    Ok(false) => std::thread::sleep(BETWEEN_QUESTIONS),
                    Err(lost) if lost.severity() == Severity::DeviceLost => return Err(lost),
                    Err(_) => return Err(error),
                }
            },
            waited => waited,
        }
    }
}

impl Drop for CudaEvent {
    fn drop(&mut self) {
        // The lock may be held by a thread that a fork left behind.
        if self.device.is_inherited() {
            return;
        }
        pool(&self.device, &self.times).0.lock().push(self.raw);
    }
}

/// The pool of events of this kind.
fn pool<'a>(device: &'a CudaDevice, times: &Times) -> &'a EventPool {
    match times {
        Times::None => &device.events,
        Times::Kept { .. } => &device.timing_events,
    }
}
