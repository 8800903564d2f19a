//! Events of the host device.

use super::capture::{self, CapturePoint};
use super::checker::{Checker, Clock};
use super::stream::StreamCore;
use crate::error::DeviceError;
use crate::process::ProcessBound;
use crate::sync::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Instant;

/// An event of the host device. Each record gets a number; the event counts the records that have come true.
#[derive(Clone)]
pub(crate) struct HostEvent(Arc<EventCore>);

struct EventCore {
    state: ProcessBound<Mutex<EventState>>,
    done: Condvar,
    /// The checker of a checked device.
    checker: Option<Arc<Checker>>,
    /// Whether the event keeps times.
    timed: bool,
}

struct EventState {
    /// Number of the newest record that was enqueued.
    recorded: u64,
    /// Number of the newest record that is complete; all earlier ones are complete, too.
    completed: u64,
    /// The point of the newest record, where that was inside a capture.
    captured: Option<CapturePoint>,
    /// The clock of the stream at the newest record, on a checked device.
    clock: Clock,
    /// The number of records in launched runs of graphs that are not complete.
    in_graphs: u64,
    /// The time at which the newest record completed, of an event that keeps times.
    time: Option<Instant>,
    /// Streams that wait for a record.
    waiters: Vec<(u64, Arc<StreamCore>)>,
}

/// One record of an event.
pub(crate) struct EventPoint {
    event: HostEvent,
    number: u64,
}

impl HostEvent {
    pub(crate) fn new(checker: Option<Arc<Checker>>) -> Self {
        HostEvent::make(checker, false)
    }

    pub(super) fn with_times(checker: Option<Arc<Checker>>) -> Self {
        HostEvent::make(checker, true)
    }

    fn make(checker: Option<Arc<Checker>>, timed: bool) -> Self {
        let state = EventState {
            recorded: 0,
            completed: 0,
            captured: None,
            clock: Clock::default(),
            in_graphs: 0,
            time: None,
            waiters: Vec::with_capacity(4),
        };
        HostEvent(Arc::new(EventCore {
            state: ProcessBound::new(Mutex::new(state)),
            done: Condvar::new(),
            checker,
            timed,
        }))
    }

    /// Refuses an event that keeps no times.
    pub(super) fn check_timed(&self, call: &'static str) -> Result<(), DeviceError> {
        match self.0.timed {
            true => Ok(()),
            false => Err(DeviceError::EventWithoutTimes { call }),
        }
    }

    pub(crate) fn seconds_since(&self, earlier: &HostEvent) -> Result<Option<f64>, DeviceError> {
        self.check_timed("Event::seconds_since")?;
        earlier.check_timed("Event::seconds_since")?;
        let (Some(end), Some(start)) = (self.time(), earlier.time()) else {
            return Ok(None);
        };
        Ok(Some(match end.checked_duration_since(start) {
            Some(time) => time.as_secs_f64(),
            None => -start.duration_since(end).as_secs_f64(),
        }))
    }

    /// The time at which the newest record completed, if it is complete.
    fn time(&self) -> Option<Instant> {
        let state = self.0.state.lock();
        state.time.filter(|_| state.is_complete())
    }

    /// Counts a launch of a graph that records the event.
    pub(super) fn graph_launched(&self) {
        self.0.state.lock().in_graphs += 1;
    }

    /// Completes the record in a run of a graph.
    pub(super) fn reached_in_graph(&self) {
        let mut state = self.0.state.lock();
        state.time = Some(Instant::now());
        state.in_graphs = state.in_graphs.saturating_sub(1);
        self.0.done.notify_all();
    }

    /// Makes the next record, to be enqueued.
    pub(crate) fn next_point(&self) -> EventPoint {
        let mut state = self.0.state.lock();
        state.recorded += 1;
        EventPoint {
            event: self.clone(),
            number: state.recorded,
        }
    }

    /// The newest record; `None` where it is complete or there is none.
    pub(crate) fn last_point(&self) -> Option<EventPoint> {
        let state = self.0.state.lock();
        let number = state.recorded;
        (state.completed < number).then(|| EventPoint {
            event: self.clone(),
            number,
        })
    }

    /// Stores the clock of the stream that records the event.
    pub(super) fn set_clock(&self, clock: Clock) {
        self.0.state.lock().clock = clock;
    }

    pub(super) fn clock(&self) -> Clock {
        self.0.state.lock().clock.clone()
    }

    /// Tells the checker that the host has waited for the newest record.
    fn seen_by_host(&self, clock: &Clock) {
        if let Some(checker) = &self.0.checker {
            checker.host_waited(clock);
        }
    }

    pub(super) fn set_captured(&self, point: Option<CapturePoint>) {
        self.0.state.lock().captured = point;
    }

    pub(super) fn captured(&self) -> Option<CapturePoint> {
        self.0.state.lock().captured.clone()
    }

    pub(crate) fn is_complete(&self) -> Result<bool, DeviceError> {
        let state = self.0.state.lock();
        state.check_recorded()?;
        let complete = state.is_complete();
        if complete {
            self.seen_by_host(&state.clock);
        }
        Ok(complete)
    }

    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        let mut state = self.0.state.lock();
        state.check_recorded()?;
        let number = state.recorded;
        while state.completed < number || state.in_graphs > 0 {
            self.0.done.wait(&mut state);
        }
        self.seen_by_host(&state.clock);
        Ok(())
    }
}

impl EventState {
    /// Refuses an event whose newest record is part of a capture, since that record tells nothing about earlier work of
    /// the stream.
    fn check_recorded(&self) -> Result<(), DeviceError> {
        match self.captured {
            None => Ok(()),
            Some(_) => Err(capture::error(
                "an event that was recorded inside a capture cannot be asked or waited for",
            )),
        }
    }

    fn is_complete(&self) -> bool {
        self.completed >= self.recorded && self.in_graphs == 0
    }
}

impl EventPoint {
    /// Whether the record is complete; if it is not, `stream` is resumed when it is.
    pub(crate) fn reached_or_wake(&self, stream: &Arc<StreamCore>) -> bool {
        self.reached_number_or_wake(self.number, stream)
    }

    /// Completes the record and wakes the streams that wait for it. Records of one event come true in the order of
    /// their numbers, also when they were put into different streams: `false` says that an earlier one is missing, and
    /// that `stream` is resumed when it comes.
    pub(crate) fn complete_or_wake(&self, stream: &Arc<StreamCore>) -> bool {
        if !self.reached_number_or_wake(self.number - 1, stream) {
            return false;
        }
        let mut state = self.event.0.state.lock();
        state.completed = self.number;
        if self.event.0.timed {
            state.time = Some(Instant::now());
        }
        self.event.0.done.notify_all();
        let mut index = 0;
        while index < state.waiters.len() {
            if state.waiters[index].0 <= self.number {
                let (_, stream) = state.waiters.swap_remove(index);
                stream.resume();
            } else {
                index += 1;
            }
        }
        true
    }

    fn reached_number_or_wake(&self, number: u64, stream: &Arc<StreamCore>) -> bool {
        let mut state = self.event.0.state.lock();
        if state.completed < number {
            state.waiters.push((number, stream.clone()));
        }
        state.completed >= number
    }
}
