//! The gate that every call of a device, its streams and its events passes first.

use crate::error::DeviceError;
use crate::process::ProcessStamp;
use crate::refusals::{Call, Refusals};
use crate::request::DeviceRequest;

/// What can refuse a call before it does anything: a fork between the opening of the device and the call, or a test.
#[derive(Clone)]
pub(crate) struct Gate {
    process: ProcessStamp,
    device: DeviceRequest,
    pub(crate) refusals: Refusals,
}

impl Gate {
    /// The gate of a device that is opened in this process.
    pub(crate) fn new(device: DeviceRequest) -> Self {
        Gate {
            process: ProcessStamp::current(),
            device,
            refusals: Refusals::default(),
        }
    }

    pub(crate) fn is_inherited(&self) -> bool {
        !self.process.is_current()
    }

    /// Refuses calls in a process that was forked since the device was opened.
    #[inline]
    pub(crate) fn check_process(&self) -> Result<(), DeviceError> {
        match self.process.is_current() {
            true => Ok(()),
            false => Err(DeviceError::Forked {
                device: self.device,
            }),
        }
    }

    /// Refuses as [`Gate::check_process`] does, and the calls that a test wants refused.
    #[inline]
    pub(crate) fn check(&self, call: Call) -> Result<(), DeviceError> {
        self.check_process()?;
        self.refusals.check(call)
    }
}
