//! Events: points in the work of a stream that others can wait for.

use crate::device::{Device, DeviceId, DeviceInner};
use crate::error::DeviceError;
use crate::gate::Gate;
use crate::host::HostEvent;
use crate::refusals::Call;
use std::fmt;

/// A point in the work of a stream. It is set by [`crate::Stream::record`], and refers to the newest record; an event that
/// was never recorded counts as complete, as in CUDA.
///
/// It comes from its device's pool, and goes back there when it is dropped.
pub struct Event {
    pub(crate) inner: EventInner,
    pub(crate) device: DeviceId,
    gate: Gate,
}

pub(crate) enum EventInner {
    Host(HostEvent),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaEvent),
}

impl Device {
    /// An event from the device's pool; dropping it gives it back.
    pub fn event(&self) -> Result<Event, DeviceError> {
        self.gate.check(Call::CreateEvent)?;
        Event::new(self)
    }

    /// An event that keeps the time at which its newest record completed, for [`Event::seconds_since`]; dropping it
    /// gives it back to a pool of its own. It costs the device more than one without times.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn timing_event(&self) -> Result<Event, DeviceError> {
        self.gate.check(Call::CreateEvent)?;
        Event::timing(self)
    }
}

impl Event {
    fn new(device: &Device) -> Result<Self, DeviceError> {
        let inner = match &device.inner {
            DeviceInner::Host(host) => EventInner::Host(host.event()),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => EventInner::Cuda(cuda.event()?),
        };
        Ok(Event {
            inner,
            device: device.id(),
            gate: device.gate.clone(),
        })
    }

    fn timing(device: &Device) -> Result<Self, DeviceError> {
        let inner = match &device.inner {
            DeviceInner::Host(host) => EventInner::Host(host.timing_event()),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => EventInner::Cuda(cuda.timing_event()?),
        };
        Ok(Event {
            inner,
            device: device.id(),
            gate: device.gate.clone(),
        })
    }

    /// Seconds from the newest record of `earlier` to the newest record of this event, on the clock of the device;
    /// negative where this record completed first. `None` while one of the records is not complete, or was never
    /// made.
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
        self.gate.check_process()?;
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

    /// Whether all work before the newest record is complete.
    ///
    /// # Errors
    /// The newest record was made inside a capture, or an error of the driver.
    pub fn is_complete(&self) -> Result<bool, DeviceError> {
        self.gate.check(Call::IsComplete)?;
        match &self.inner {
            EventInner::Host(event) => event.is_complete(),
            #[cfg(feature = "cuda")]
            EventInner::Cuda(event) => event.is_complete(),
        }
    }

    /// Waits until all work before the newest record is complete. Must not be called from a host
    /// kernel.
    ///
    /// # Errors
    /// As for [`Event::is_complete`].
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.gate.check(Call::SynchronizeEvent)?;
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
