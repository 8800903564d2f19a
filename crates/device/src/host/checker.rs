//! The checked host device: finds accesses to the same memory that nothing orders, when they are submitted.
//!
//! Each stream has a vector clock (Fidge 1988, Mattern 1989): the newest submission of every stream that its next work
//! comes after. An event takes the clock of its stream when it is recorded, and a wait joins it into the waiting
//! stream. Work that the host has waited for comes before everything that is submitted later. Two accesses that
//! conflict are ordered if, and only if, the earlier one's submission is in the later one's clock: a missing wait is
//! found every time, whatever the timing.
//!
//! The process has a clock as well, of the work that it has waited for. It announces each access to page-locked memory,
//! which is refused where conflicting work of the device is not in that clock. Its own accesses are complete when it
//! submits the next work, so that nothing has to be kept of them.

use crate::access::Access;
use crate::error::DeviceError;
use crate::process::ProcessBound;
use crate::sync::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The newest submission of each stream, by the stream's number.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(BTreeMap<u64, u64>);

impl Clock {
    fn join(&mut self, other: &Clock) {
        for (&stream, &submission) in &other.0 {
            let mine = self.0.entry(stream).or_default();
            *mine = submission.max(*mine);
        }
    }

    fn contains(&self, stream: u64, submission: u64) -> bool {
        self.0
            .get(&stream)
            .is_some_and(|&newest| newest >= submission)
    }
}

/// The clocks and the accesses of a device.
#[derive(Default)]
pub(crate) struct Checker(ProcessBound<Mutex<History>>);

#[derive(Default)]
struct History {
    streams: u64,
    clocks: BTreeMap<u64, Clock>,
    /// The clock of the host: the work that it has waited for.
    host: Clock,
    accesses: Vec<RecordedAccess>,
}

struct RecordedAccess {
    access: Access,
    stream: u64,
    submission: u64,
    label: Arc<str>,
}

/// A piece of a submission: the memory that it touches, and its name.
pub(super) struct Touch<'a> {
    pub(super) accesses: &'a [Access],
    pub(super) label: Arc<str>,
}

impl Checker {
    /// Returns a number for a new stream.
    pub(super) fn new_stream(&self) -> u64 {
        let mut state = self.0.lock();
        state.streams += 1;
        state.streams
    }

    /// Records work of `stream`, unless a conflicting access is not ordered before it.
    pub(super) fn submit(&self, stream: u64, touches: &[Touch<'_>]) -> Result<(), DeviceError> {
        let mut state = self.0.lock();
        let state = &mut *state;
        let clock = state.clocks.entry(stream).or_default();
        clock.join(&state.host);
        for touch in touches {
            for access in touch.accesses {
                let unordered = |old: &&RecordedAccess| {
                    old.access.conflicts_with(access)
                        && old.stream != stream
                        && !clock.contains(old.stream, old.submission)
                };
                if let Some(old) = state.accesses.iter().find(unordered) {
                    return Err(conflict(&old.label, &old.access, &touch.label, access));
                }
            }
        }
        let submission = clock.0.entry(stream).or_default();
        *submission += 1;
        let submission = *submission;
        let host = &state.host;
        state.accesses.retain(|old| {
            let rewritten = touches
                .iter()
                .flat_map(|touch| touch.accesses)
                .any(|access| access.write && access.covers(&old.access));
            // What the host knows to be over, or what is overwritten in order, cannot conflict with anything to come that
            // the overwriting access does not conflict with.
            !rewritten && !host.contains(old.stream, old.submission)
        });
        for touch in touches {
            state
                .accesses
                .extend(touch.accesses.iter().map(|&access| RecordedAccess {
                    access,
                    stream,
                    submission,
                    label: touch.label.clone(),
                }));
        }
        Ok(())
    }

    /// Whether the process may access memory now, which it may unless conflicting work may still run. `what` names the
    /// access.
    pub(super) fn host_access(&self, access: &Access, what: &str) -> Result<(), DeviceError> {
        let state = self.0.lock();
        let pending = |old: &&RecordedAccess| {
            old.access.conflicts_with(access) && !state.host.contains(old.stream, old.submission)
        };
        match state.accesses.iter().find(pending) {
            Some(old) => Err(conflict(&old.label, &old.access, what, access)),
            None => Ok(()),
        }
    }

    /// Records that `stream` gives memory back, unless a conflicting access is not ordered before that. What was done
    /// with the memory is forgotten: its next owner gets it from the allocator, which hands it out only when the free
    /// is done.
    pub(super) fn release(&self, stream: u64, touch: Touch<'_>) -> Result<(), DeviceError> {
        let accesses = touch.accesses;
        self.submit(stream, &[touch])?;
        self.0
            .lock()
            .accesses
            .retain(|old| !accesses.iter().any(|access| access.covers(&old.access)));
        Ok(())
    }

    /// The clock of `stream` now, for an event.
    pub(super) fn record(&self, stream: u64) -> Clock {
        let mut state = self.0.lock();
        let host = state.host.clone();
        let clock = state.clocks.entry(stream).or_default();
        clock.join(&host);
        clock.clone()
    }

    /// Orders later work of `stream` after the work in `clock`.
    pub(super) fn wait(&self, stream: u64, clock: &Clock) {
        self.0.lock().clocks.entry(stream).or_default().join(clock);
    }

    /// Records that the host has waited for the work in `clock`.
    pub(super) fn host_waited(&self, clock: &Clock) {
        self.0.lock().host.join(clock);
    }

    /// Records that the host has waited for all work of `stream`, or of all streams.
    pub(super) fn host_waited_for(&self, stream: Option<u64>) {
        let mut state = self.0.lock();
        let state = &mut *state;
        for (number, clock) in &state.clocks {
            if stream.is_none_or(|stream| stream == *number) {
                state.host.join(clock);
            }
        }
    }
}

pub(super) fn conflict(first: &str, old: &Access, second: &str, new: &Access) -> DeviceError {
    let verb = |access: &Access| if access.write { "writes" } else { "reads" };
    DeviceError::Unordered {
        first: first.to_owned(),
        second: second.to_owned(),
        detail: format!(
            "{first} {} {} bytes at {:?}, {second} {} {} bytes at {:?}",
            verb(old),
            old.bytes,
            old.address,
            verb(new),
            new.bytes,
            new.address
        ),
    }
}
