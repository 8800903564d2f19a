//! Times of tasks by events around their launches, for devices that report no times.

use std::sync::atomic::{AtomicU8, Ordering};

use pixelflume_device::{Device, DeviceError, Event, GraphExec, Stream};
use pixelflume_graph::NodeId;

use super::profiler::Profiler;

/// Two events per task of a schedule, recorded before its first launch and after its last one. The direct runs and the
/// graphs of the schedule share them, since runs of an executor follow one another, and the times are read after each.
#[derive(Default)]
pub(crate) struct Timers {
    /// The events by index of the node; empty until the first run that is timed.
    pairs: Box<[Pair]>,
}

struct Pair {
    begin: Event,
    end: Event,
    /// The events of the pair that the present run has recorded: `BEGIN`, or `BOTH`.
    recorded: AtomicU8,
}

const NONE: u8 = 0;
const BEGIN: u8 = 1;
const BOTH: u8 = 3;

impl Timers {
    /// Makes two events for each of `tasks` tasks, unless they exist.
    pub(super) fn prepare(&mut self, device: &Device, tasks: usize) -> Result<(), DeviceError> {
        if self.pairs.is_empty() {
            let pair = |_| {
                Ok(Pair {
                    begin: device.timing_event()?,
                    end: device.timing_event()?,
                    recorded: AtomicU8::new(NONE),
                })
            };
            self.pairs = (0..tasks).map(pair).collect::<Result<_, DeviceError>>()?;
        }
        Ok(())
    }

    /// Forgets the records of the previous run.
    pub(super) fn reset(&self) {
        for pair in &self.pairs {
            pair.recorded.store(NONE, Ordering::Relaxed);
        }
    }

    pub(super) fn stamps(&self) -> Stamps<'_> {
        Stamps(Some(self))
    }

    /// The events of a task that the run recorded.
    pub(super) fn of(&self, node: NodeId) -> Option<(&Event, &Event)> {
        let pair = self.pairs.get(node.index())?;
        (pair.recorded.load(Ordering::Relaxed) == BOTH).then_some((&pair.begin, &pair.end))
    }

    fn recorded(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.pairs.iter().enumerate();
        all.filter(|(_, pair)| pair.recorded.load(Ordering::Relaxed) == BOTH)
            .map(|(index, _)| index)
    }
}

/// Records the events of tasks, or does nothing. A record that fails costs the task its time, and the run nothing; inside a
/// capture it fails the capture.
#[derive(Copy, Clone)]
pub(crate) struct Stamps<'a>(Option<&'a Timers>);

impl Stamps<'_> {
    pub(crate) const NONE: Self = Stamps(None);

    #[inline]
    pub(crate) fn begin(self, stream: &Stream, node: NodeId) {
        if let Some(timers) = self.0 {
            timers.record(stream, node, NONE, BEGIN);
        }
    }

    #[inline]
    pub(crate) fn end(self, stream: &Stream, node: NodeId) {
        if let Some(timers) = self.0 {
            timers.record(stream, node, BEGIN, BOTH);
        }
    }
}

impl Timers {
    #[cold]
    fn record(&self, stream: &Stream, node: NodeId, before: u8, after: u8) {
        let Some(pair) = self.pairs.get(node.index()) else {
            return;
        };
        if pair.recorded.load(Ordering::Relaxed) != before {
            return;
        }
        let event = if after == BEGIN {
            &pair.begin
        } else {
            &pair.end
        };
        match stream.record_time(event) {
            Ok(()) => pair.recorded.store(after, Ordering::Relaxed),
            Err(error) => tracing::debug!(%error, "the time of a task was not recorded"),
        }
    }
}

/// A second executable of the same launches, with records of times between them, which a sampled replay launches.
#[derive(Default)]
pub(crate) struct Timed {
    exec: Option<GraphExec>,
    /// The tasks whose times the executable records, by node index.
    tasks: Box<[usize]>,
    /// Whether the capture failed; it is not tried again for the same launches.
    failed: bool,
}

impl Timed {
    /// The executable with records, where this run is sampled; `capture` makes it at its first use.
    pub(crate) fn sample(
        &mut self,
        profile: &Profiler,
        timers: &Timers,
        capture: impl FnOnce(Stamps<'_>) -> Result<GraphExec, DeviceError>,
    ) -> Option<&GraphExec> {
        if self.failed || !profile.samples() {
            return None;
        }
        if self.exec.is_none() {
            let captured = capture(timers.stamps());
            self.tasks = timers.recorded().collect();
            timers.reset();
            match captured {
                Ok(exec) => self.exec = Some(exec),
                Err(error) => {
                    self.failed = true;
                    tracing::warn!(%error, "a run could not be captured with times; it is replayed without");
                    return None;
                }
            }
        }
        for &task in &self.tasks {
            timers.pairs[task].recorded.store(BOTH, Ordering::Relaxed);
        }
        self.exec.as_ref()
    }
}
