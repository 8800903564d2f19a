//! What a trace shows of an engine: a lane each for uploads, computing and downloads, with a box for each batch. Without the
//! feature `profiling` nothing.

#[cfg(not(feature = "profiling"))]
pub(super) use off::{BatchTimes, EngineTrace};
#[cfg(feature = "profiling")]
pub(super) use on::{BatchTimes, EngineTrace};

/// The lanes of a trace.
#[derive(Copy, Clone)]
pub(super) enum Phase {
    Upload,
    Compute,
    Download,
}

#[cfg(feature = "profiling")]
mod on {
    use super::Phase;
    use parking_lot::Mutex;
    use pixelflume_device::{Device, DeviceError, Event, Stream};
    use pixelflume_scheduler::{Trace, TraceLanes};

    const NAMES: [&str; 3] = ["upload", "compute", "download"];

    /// When the phases of the batch of a slot were, by events in the streams. A record that fails costs the batch its box.
    #[derive(Default)]
    pub(in crate::engine) struct BatchTimes(Option<[Pair; 3]>);

    struct Pair {
        begin: Event,
        end: Event,
        is_recorded: bool,
    }

    impl BatchTimes {
        /// Makes the events, or drops them.
        pub(in crate::engine) fn switch(
            &mut self,
            device: &Device,
            on: bool,
        ) -> Result<(), DeviceError> {
            let pair = || {
                Ok::<_, DeviceError>(Pair {
                    begin: device.timing_event()?,
                    end: device.timing_event()?,
                    is_recorded: false,
                })
            };
            self.0 = match on {
                true => Some([pair()?, pair()?, pair()?]),
                false => None,
            };
            Ok(())
        }

        /// After a batch: the next one may fail before it is given to the device.
        pub(in crate::engine) fn reset(&mut self) {
            for pair in self.0.iter_mut().flatten() {
                pair.is_recorded = false;
            }
        }

        /// A phase begins with what comes next into the stream.
        pub(in crate::engine) fn begin(&mut self, phase: Phase, stream: &Stream) {
            if let Some(pairs) = &mut self.0 {
                let pair = &mut pairs[phase as usize];
                pair.is_recorded = stream.record_time(&pair.begin).is_ok();
            }
        }

        /// A phase begins in another stream where computing ended: the box begins when the stream has waited for that.
        pub(in crate::engine) fn begin_computed(&mut self, phase: Phase, stream: &Stream) {
            if let Some(pairs) = &self.0
                && pairs[Phase::Compute as usize].is_recorded
                && stream.wait(&pairs[Phase::Compute as usize].end).is_ok()
            {
                self.begin(phase, stream);
            }
        }

        /// A phase ends with what is in the stream.
        pub(in crate::engine) fn end(&mut self, phase: Phase, stream: &Stream) {
            if let Some(pairs) = &mut self.0 {
                let pair = &mut pairs[phase as usize];
                pair.is_recorded &= stream.record_time(&pair.end).is_ok();
            }
        }
    }

    /// The lanes of an engine, where a trace is attached.
    #[derive(Default)]
    pub(in crate::engine) struct EngineTrace(Mutex<Option<TraceLanes>>);

    impl EngineTrace {
        pub(in crate::engine) fn attach(
            &self,
            trace: Option<&Trace>,
            device: &Device,
        ) -> Result<(), DeviceError> {
            let title = format!("engine on {}", device.name());
            let lanes = trace.map(|trace| TraceLanes::new(trace, device, &title, &NAMES));
            *self.0.lock() = lanes.transpose()?;
            Ok(())
        }

        /// Adds the boxes of a batch that is done. Its last event comes a moment after its results, and is waited for.
        pub(in crate::engine) fn add(&self, batch: u64, times: &BatchTimes) {
            let mut lanes = self.0.lock();
            let (Some(lanes), Some(pairs)) = (&mut *lanes, &times.0) else {
                return;
            };
            let recorded = pairs
                .iter()
                .enumerate()
                .filter(|(_, pair)| pair.is_recorded);
            let reached = recorded
                .clone()
                .try_for_each(|(_, pair)| pair.end.synchronize());
            let boxes = recorded.map(|(lane, pair)| (lane, &pair.begin, &pair.end));
            if let Err(error) = reached.and_then(|()| lanes.add(batch, boxes)) {
                tracing::debug!(batch, %error, "the times of a batch were not recorded");
            }
        }
    }
}

#[cfg(not(feature = "profiling"))]
#[expect(
    clippy::unused_self,
    reason = "the same signatures as with the feature"
)]
mod off {
    use super::Phase;
    use pixelflume_device::Stream;

    #[derive(Default)]
    pub(in crate::engine) struct BatchTimes {}

    impl BatchTimes {
        #[inline(always)]
        pub(in crate::engine) fn reset(&mut self) {}

        #[inline(always)]
        pub(in crate::engine) fn begin(&mut self, _: Phase, _: &Stream) {}

        #[inline(always)]
        pub(in crate::engine) fn begin_computed(&mut self, _: Phase, _: &Stream) {}

        #[inline(always)]
        pub(in crate::engine) fn end(&mut self, _: Phase, _: &Stream) {}
    }

    #[derive(Default)]
    pub(in crate::engine) struct EngineTrace {}

    impl EngineTrace {
        #[inline(always)]
        pub(in crate::engine) fn add(&self, _: u64, _: &BatchTimes) {}
    }
}
