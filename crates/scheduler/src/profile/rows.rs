//! Rows of a trace for work that is not a task of an executor.

use std::sync::Arc;

use pixelflume_device::{Device, DeviceError, Event, Stream};

use super::clock::DeviceClock;
use super::trace::{DeviceId, Name, Trace};

/// Rows of a trace for work other than an executor's tasks, such as copies. Their times come from pairs of timing
/// events ([`Device::timing_event`]).
#[derive(Debug)]
pub struct TraceRows {
    trace: Trace,
    id: DeviceId,
    names: Box<[Arc<str>]>,
    clock: DeviceClock,
    /// The stream of the clock's reference events, which has no other work, so that reading the clock waits
    /// for nothing else.
    stream: Stream,
}

impl TraceRows {
    /// Makes rows with these names, under a title. Reads the clock of the device, which takes some microseconds.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(
        trace: &Trace,
        device: &Device,
        title: &str,
        names: &[&str],
    ) -> Result<Self, DeviceError> {
        let stream = device.stream()?;
        Ok(TraceRows {
            clock: DeviceClock::new(device, &stream)?,
            id: trace.add_device(
                title.to_owned(),
                names.iter().map(|&name| name.to_owned()).collect(),
            ),
            trace: trace.clone(),
            names: names.iter().map(|&name| name.into()).collect(),
            stream,
        })
    }

    /// Adds boxes, each with the index of its row and the events at its begin and end, for the batch of this number.
    /// A box whose events are not both complete is left out. Once a second the clock of the device is read again.
    ///
    /// # Errors
    /// Those of the device.
    ///
    /// # Panics
    /// There is no row of that index.
    pub fn add<'a>(
        &mut self,
        batch: u64,
        boxes: impl IntoIterator<Item = (usize, &'a Event, &'a Event)>,
    ) -> Result<(), DeviceError> {
        for (row, begin, end) in boxes {
            let times = self.clock.time_of(begin)?.zip(self.clock.time_of(end)?);
            if let Some((start, end)) = times {
                let name = Name::Task(Arc::clone(&self.names[row]));
                let one = (name, self.id.stream(row), start, end, batch);
                self.trace.add_tasks(std::iter::once(one));
            }
        }
        self.clock.keep_fresh(&self.stream)
    }
}
