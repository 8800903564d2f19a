//! The rows of an engine in a trace: one each for uploads, computing and downloads, with a box for each batch.

use pixelflume_device::sync::Mutex;
use pixelflume_device::{Device, DeviceError, Event, Stream};
use pixelflume_scheduler::{Trace, TraceRows};

/// The phases of a batch, each a row of the trace.
#[derive(Copy, Clone)]
pub(super) enum Phase {
    Upload,
    Compute,
    Download,
}

const NAMES: [&str; 3] = ["upload", "compute", "download"];

/// The times of the phases of a lane's batch, by events in the streams; `None` while no trace is attached. Where an event
/// cannot be recorded, the batch has no box.
#[derive(Default)]
pub(super) struct BatchTimes(Option<Box<[Pair; 3]>>);

struct Pair {
    begin: Event,
    end: Event,
    is_recorded: bool,
}

impl BatchTimes {
    /// Makes the events, or drops them.
    pub(super) fn switch(&mut self, device: &Device, on: bool) -> Result<(), DeviceError> {
        let pair = || {
            Ok::<_, DeviceError>(Pair {
                begin: device.timing_event()?,
                end: device.timing_event()?,
                is_recorded: false,
            })
        };
        self.0 = match on {
            true => Some(Box::new([pair()?, pair()?, pair()?])),
            false => None,
        };
        Ok(())
    }

    /// Forgets the events of a batch: the next one may fail before it is given to the device.
    pub(super) fn reset(&mut self) {
        for pair in self.0.iter_mut().flat_map(|pairs| pairs.iter_mut()) {
            pair.is_recorded = false;
        }
    }

    /// Records the begin of a phase: it is the next work of the stream.
    pub(super) fn begin(&mut self, phase: Phase, stream: &Stream) {
        if let Some(pairs) = &mut self.0 {
            let pair = &mut pairs[phase as usize];
            pair.is_recorded = stream.record_time(&pair.begin).is_ok();
        }
    }

    /// Records the begin of a phase that follows computing, in another stream, which first waits for the end of
    /// computing.
    pub(super) fn begin_computed(&mut self, phase: Phase, stream: &Stream) {
        if let Some(pairs) = &self.0
            && pairs[Phase::Compute as usize].is_recorded
            && stream.wait(&pairs[Phase::Compute as usize].end).is_ok()
        {
            self.begin(phase, stream);
        }
    }

    /// Records the end of a phase: it is the last work in the stream so far.
    pub(super) fn end(&mut self, phase: Phase, stream: &Stream) {
        if let Some(pairs) = &mut self.0 {
            let pair = &mut pairs[phase as usize];
            pair.is_recorded &= stream.record_time(&pair.end).is_ok();
        }
    }
}

/// The rows of an engine, while a trace is attached.
#[derive(Default)]
pub(super) struct EngineTrace(Mutex<Option<TraceRows>>);

impl EngineTrace {
    pub(super) fn attach(&self, trace: Option<&Trace>, device: &Device) -> Result<(), DeviceError> {
        let title = format!("engine on {}", device.name());
        let rows = trace.map(|trace| TraceRows::new(trace, device, &title, &NAMES));
        *self.0.lock() = rows.transpose()?;
        Ok(())
    }

    /// Adds the boxes of a complete batch. Its last event comes a moment after its results, and is waited for.
    pub(super) fn add(&self, batch: u64, times: &BatchTimes) {
        // Without a trace the lock of the rows is not taken.
        let Some(pairs) = &times.0 else {
            return;
        };
        let mut rows = self.0.lock();
        let Some(rows) = &mut *rows else {
            return;
        };
        let recorded = pairs
            .iter()
            .enumerate()
            .filter(|(_, pair)| pair.is_recorded);
        let reached = recorded
            .clone()
            .try_for_each(|(_, pair)| pair.end.synchronize());
        let boxes = recorded.map(|(row, pair)| (row, &pair.begin, &pair.end));
        if let Err(error) = reached.and_then(|()| rows.add(batch, boxes)) {
            tracing::debug!(batch, %error, "the times of a batch were not recorded");
        }
    }
}
