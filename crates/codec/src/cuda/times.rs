//! The times at which the device comes to the milestones of a pass.

use pixelflume_device::{Device, DeviceError, Event, Stream};

/// A point in the work of a pass, at which the device takes the time. A *pass* is the part of a batch that is decoded by one set of
/// launches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Milestone {
    /// The pass begins.
    Begin,
    /// The stuffed bytes of the files are counted. A pass of files whose coefficients the CPU makes does not come to this
    /// milestone and the next six.
    Counted,
    /// The bits of the files are there without stuffing and markers.
    Unstuffed,
    /// Each window of the bits was decoded from guesses.
    Guessed,
    /// Each guess knows the guess of the next window that it meets.
    Met,
    /// Each window of the bits has found its state.
    Synchronized,
    /// Each window has counted its blocks.
    Totaled,
    /// Each window knows how many blocks come before it.
    Summed,
    /// The coefficients are there.
    Coefficients,
    /// The samples of all components are there.
    Samples,
    /// The pixels are there.
    Pixels,
}

impl Milestone {
    const COUNT: usize = 11;
}

/// An event for each milestone of the last pass.
#[derive(Debug)]
pub(crate) struct MilestoneTimes([Event; Milestone::COUNT]);

impl MilestoneTimes {
    pub(crate) fn new(device: &Device) -> Result<Self, DeviceError> {
        let events = (0..Milestone::COUNT).map(|_| device.timing_event());
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let events = events.try_into();
        Ok(MilestoneTimes(
            events.expect("there are as many as milestones"),
        ))
    }

    /// Sets the time of a milestone to this point of the stream.
    pub(crate) fn record(&self, milestone: Milestone, stream: &Stream) -> Result<(), DeviceError> {
        stream.record_time(&self.0[milestone as usize])
    }

    /// Seconds between two milestones of the last pass; `None` while it is not complete.
    pub(crate) fn seconds(
        &self,
        from: Milestone,
        to: Milestone,
    ) -> Result<Option<f64>, DeviceError> {
        self.0[to as usize].seconds_since(&self.0[from as usize])
    }
}
