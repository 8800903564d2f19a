//! Events: points in the work of a stream that others can wait for.

use crate::device::Inner;
use crate::device::{Device, DeviceId};
use crate::error::DeviceError;
use crate::faults::{Call, Faults};
use crate::host::HostEvent;
use std::fmt;

/// A point in the work of a stream. It is set by [`crate::Stream::record`], and refers to the newest record; an event that
/// was never recorded counts as complete, as in CUDA.
///
/// It comes from its device's pool, and goes back there when it is dropped.
pub struct Event {
    pub(crate) inner: EventInner,
    pub(crate) device: DeviceId,
    faults: Faults,
}

pub(crate) enum EventInner {
    Host(HostEvent),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaEvent),
}

impl Event {
    pub(crate) fn new(device: &Device) -> Result<Self, DeviceError> {
        let inner = match &device.inner {
            Inner::Host(host) => EventInner::Host(host.event()),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => EventInner::Cuda(cuda.event()?),
        };
        Ok(Event {
            inner,
            device: device.id(),
            faults: device.faults.clone(),
        })
    }

    pub(crate) fn timing(device: &Device) -> Result<Self, DeviceError> {
        let inner = match &device.inner {
            Inner::Host(host) => EventInner::Host(host.timing_event()),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => EventInner::Cuda(cuda.timing_event()?),
        };
        Ok(Event {
            inner,
            device: device.id(),
            faults: device.faults.clone(),
        })
    }

    /// Seconds from the newest record of `earlier` to that of this event, on the clock of the device; negative where this
    /// one came true first. `None` while one of them has not come true, or was never recorded.
    ///
    /// Both are of [`Device::timing_event`]. On the host it is the time of the system's monotonic clock. A GPU tells it to
    /// about half a microsecond, and in 24 bits: over more than some seconds, to fewer digits.
    ///
    /// Records that graphs make (see [`crate::Stream::record_time`]) count from the launch of the graph on. On a GPU, ask only
    /// after the graph was launched once.
    ///
    /// # Errors
    /// [`DeviceError::EventWithoutTimes`] where one is of [`Device::event`], [`DeviceError::WrongDevice`] where they are of
    /// different devices, or an error of the driver.
    pub fn seconds_since(&self, earlier: &Event) -> Result<Option<f64>, DeviceError> {
        match (&self.inner, &earlier.inner) {
            (EventInner::Host(event), EventInner::Host(other)) if self.device == earlier.device => {
                event.seconds_since(other)
            }
            #[cfg(feature = "cuda")]
            (EventInner::Cuda(event), EventInner::Cuda(earlier)) => event.seconds_since(earlier),
            _ => Err(DeviceError::WrongDevice {
                expected: "the device of the earlier event".to_owned(),
                got: "another device".to_owned(),
            }),
        }
    }

    /// Whether everything before the newest record is done.
    ///
    /// # Errors
    /// The newest record was made inside a capture, or an error of the driver.
    pub fn is_complete(&self) -> Result<bool, DeviceError> {
        self.faults.check(Call::IsComplete)?;
        match &self.inner {
            EventInner::Host(event) => event.is_complete(),
            #[cfg(feature = "cuda")]
            EventInner::Cuda(event) => event.is_complete(),
        }
    }

    /// Waits until everything before the newest record is done. Must not be called from a host kernel.
    ///
    /// # Errors
    /// As for [`Event::is_complete`].
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.faults.check(Call::SynchronizeEvent)?;
        match &self.inner {
            EventInner::Host(event) => event.synchronize(),
            #[cfg(feature = "cuda")]
            EventInner::Cuda(event) => event.synchronize(),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.inner {
            EventInner::Host(_) => "Event(host)",
            #[cfg(feature = "cuda")]
            EventInner::Cuda(_) => "Event(cuda)",
        })
    }
}
