//! The clock of the process, and its relation to the clock of a device.

use std::sync::OnceLock;
use std::time::Instant;

use pixelflume_device::{Device, DeviceError, Event, Stream};

/// Nanoseconds since the first call in the process, and at least 1.
pub(super) fn now() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(elapsed).unwrap_or(u64::MAX).max(1)
}

/// Tries for a reference; the one with the smallest uncertainty is kept.
const TRIES: usize = 8;

/// Nanoseconds after which a reference is taken again. The clocks of a GPU and of its host drift apart, and the time between two
/// events is told in 24 bits.
const LIFE: u64 = 1_000_000_000;

/// The clock of a device: it converts times of events to the clock of the process, by a reference event whose
/// time is known on both.
#[derive(Debug)]
pub(super) struct DeviceClock {
    reference: Event,
    /// The event for the next reference.
    spare: Event,
    /// The time of the reference, in the middle between its record and the end of the wait for it.
    at: u64,
}

impl DeviceClock {
    /// Puts a reference into `stream` and waits for it.
    pub(super) fn new(device: &Device, stream: &Stream) -> Result<Self, DeviceError> {
        let mut clock = DeviceClock {
            reference: device.timing_event()?,
            spare: device.timing_event()?,
            at: 0,
        };
        clock.set(stream)?;
        Ok(clock)
    }

    /// Takes a new reference where the present one is old.
    pub(super) fn keep_fresh(&mut self, stream: &Stream) -> Result<(), DeviceError> {
        match now().saturating_sub(self.at) > LIFE {
            true => self.set(stream),
            false => Ok(()),
        }
    }

    fn set(&mut self, stream: &Stream) -> Result<(), DeviceError> {
        let mut best = u64::MAX;
        for _ in 0..TRIES {
            let before = now();
            stream.record_time(&self.spare)?;
            self.spare.synchronize()?;
            let took = now() - before;
            if took < best {
                best = took;
                self.at = before + took / 2;
                std::mem::swap(&mut self.reference, &mut self.spare);
            }
        }
        tracing::debug!(uncertain_ns = best / 2, "the clock of the device was read");
        Ok(())
    }

    /// The time at which an event completed, on the clock of the process; `None` where it is not
    /// complete.
    pub(super) fn time_of(&self, event: &Event) -> Result<Option<u64>, DeviceError> {
        let seconds = event.seconds_since(&self.reference)?;
        Ok(seconds.map(|seconds| {
            let nanoseconds = (seconds * 1e9).round() as i64;
            self.at.saturating_add_signed(nanoseconds)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_clock_agrees_with_that_of_the_process() {
        let device = Device::host();
        let stream = device.stream().unwrap();
        let mut clock = DeviceClock::new(&device, &stream).unwrap();
        let event = device.timing_event().unwrap();
        assert_eq!(clock.time_of(&event).unwrap(), None);
        for _ in 0..2 {
            let before = now();
            stream.record_time(&event).unwrap();
            event.synchronize().unwrap();
            let after = now();
            let time = clock.time_of(&event).unwrap().unwrap();
            // The reference itself is known to half the time that its own record took, and some tries are slow.
            let slack = 5_000_000;
            assert!((before.saturating_sub(slack)..after + slack).contains(&time));
            clock.at = 0;
            clock.set(&stream).unwrap();
            assert!(clock.at > 0);
        }
    }
}
