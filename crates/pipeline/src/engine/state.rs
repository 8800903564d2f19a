//! Where every slot and output buffer is, under one lock.
//!
//! A slot is free, with an open writer, or with a batch in flight. An output buffer is free, with an open writer, with a
//! batch in flight, with a result that is ready, or with a lease. A batch takes one of each when it is begun, or nothing;
//! so nothing after that waits for room, and the engine can drain whatever its users do.

use super::slot::{Lanes, OutputSet, Slot};
use super::{BatchId, BatchState, EffectiveConfig, FailureCause, Full, SubmitError, Window};
use crate::PipelineError;
use parking_lot::{Condvar, Mutex};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::ImageShape;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// A batch that was given to the device, or failed before.
pub(super) struct InFlight {
    pub(super) batch: BatchId,
    pub(super) frames: usize,
    pub(super) slot: Slot,
    pub(super) outputs: OutputSet,
    pub(super) failed: Option<FailureCause>,
}

/// A batch that is done.
pub(super) struct Ready {
    pub(super) batch: BatchId,
    pub(super) frames: usize,
    pub(super) outputs: OutputSet,
    pub(super) failed: Option<FailureCause>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) free_slots: Vec<Slot>,
    pub(super) free_outputs: Vec<OutputSet>,
    /// In the order of submission, as are those that are ready.
    pub(super) in_flight: VecDeque<InFlight>,
    pub(super) ready: VecDeque<Ready>,
    /// Batches with a number that are not in `in_flight` yet: the one whose dispatch is under way.
    pub(super) dispatching: Option<BatchId>,
    /// The one that the completing thread waits for.
    pub(super) completing: Option<BatchId>,
    /// Who began the open writers; `None` for a writer that was detached.
    pub(super) open: Vec<Option<ThreadId>>,
    /// Who took the leases.
    pub(super) leases: Vec<(BatchId, Option<ThreadId>)>,
    pub(super) next: u64,
    /// Grows whenever a wait for room may have come nearer to its end.
    pub(super) progress: u64,
    pub(super) closed: bool,
    pub(super) cancel: bool,
    pub(super) cancelled: Vec<BatchId>,
    /// Why nothing works any more.
    pub(super) over: Option<Arc<PipelineError>>,
    pub(super) wakers: Vec<Waker>,
    pub(super) statistics: EngineStatistics,
}

/// What an engine did so far.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EngineStatistics {
    /// Batches that got a number.
    pub submitted: u64,
    /// Frames in them.
    pub frames: u64,
    /// Batches whose results came, taken or not.
    pub completed: u64,
    /// Batches that failed.
    pub failed: u64,
    /// Batches that a shutdown dropped, before they were taken.
    pub cancelled: u64,
    /// Writers that were dropped without being submitted.
    pub abandoned: u64,
    /// The most slots in use at once.
    pub slots_high_water: usize,
    /// The most output buffers in use at once.
    pub outputs_high_water: usize,
    /// The most leases at once.
    pub leases_high_water: usize,
    /// Calls that had to wait for room.
    pub blocked_calls: u64,
    /// How long they waited, together.
    pub blocked_time: Duration,
    /// Device memory of all slots for images, in bytes; scratch memory and tables come on top.
    pub device_bytes: usize,
    /// Page-locked memory for frames and results, in bytes.
    pub pinned_bytes: usize,
}

/// What the engine, its writers, its leases and its thread share.
pub(super) struct Shared {
    pub(super) config: EffectiveConfig,
    pub(super) input_names: Vec<String>,
    pub(super) input_shapes: Vec<ImageShape>,
    pub(super) output_names: Vec<String>,
    pub(super) output_shapes: Vec<ImageShape>,
    pub(super) state: Mutex<State>,
    /// For producers: something was given back.
    pub(super) room: Condvar,
    /// For consumers: a batch is ready, or none will come.
    pub(super) results: Condvar,
    /// For the completing thread.
    pub(super) work: Condvar,
    /// For shutdown: a batch left the device.
    pub(super) idle: Condvar,
    /// Held while a batch is numbered and given to the device, so that both orders are one. Taken before `state`.
    pub(super) lanes: Mutex<Lanes>,
    /// After all buffers.
    pub(super) memory: MemoryManager,
}

impl State {
    pub(super) fn is_over(&self) -> bool {
        self.closed || self.over.is_some()
    }

    /// Whether batches are numbered that are not done.
    pub(super) fn is_busy(&self) -> bool {
        self.dispatching.is_some() || self.completing.is_some() || !self.in_flight.is_empty()
    }

    /// Why nothing can be submitted at all, if so.
    pub(super) fn refusal(&self) -> Option<SubmitError> {
        match &self.over {
            Some(error) => Some(SubmitError::Stopped(Arc::clone(error))),
            None => self.closed.then_some(SubmitError::Closed),
        }
    }

    fn oldest_running(&self) -> Option<BatchId> {
        let queued = self.in_flight.front().map(|work| work.batch);
        self.completing.or(queued).or(self.dispatching)
    }

    /// What is full, if something is.
    fn full(&self, config: &EffectiveConfig) -> Option<Full> {
        let running = self
            .oldest_running()
            .map(|batch| (Some(batch), BatchState::Running));
        let open = (None, BatchState::Open);
        let (window, capacity, head) = if self.free_slots.is_empty() {
            (Window::Slots, config.in_flight.value, running)
        } else if self.free_outputs.is_empty() {
            let held = self.leases.iter().map(|(batch, _)| *batch).min();
            let held = held.map(|batch| (Some(batch), BatchState::Held));
            let ready = self.ready.front();
            let ready = ready.map(|ready| (Some(ready.batch), BatchState::Ready));
            let head = [held, ready, running].into_iter().flatten();
            let head = head.min_by_key(|(batch, _)| *batch);
            (Window::Outputs, config.output_buffers.value, head)
        } else {
            return None;
        };
        let (head, head_state) = head.unwrap_or(open);
        Some(Full {
            window,
            needed: 1,
            used: capacity,
            capacity,
            head,
            head_state,
        })
    }

    /// The error for a thread that would wait for itself.
    fn deadlock(&self, full: Full) -> Option<SubmitError> {
        let me = Some(thread::current().id());
        let open_batches = self.open.iter().filter(|&&owner| owner == me).count();
        let leases = self.leases.iter().filter(|(_, owner)| *owner == me);
        let held_by_leases = leases.count();
        let own = match full.window {
            Window::Slots => open_batches,
            Window::Outputs => open_batches + held_by_leases,
        };
        (own >= full.capacity).then_some(SubmitError::Deadlock {
            held_by_leases,
            open_batches,
            full,
        })
    }

    /// A slot and an output buffer for a writer of this thread.
    fn take(&mut self, config: &EffectiveConfig) -> Option<(Slot, OutputSet)> {
        if self.free_slots.is_empty() || self.free_outputs.is_empty() {
            return None;
        }
        let taken = self.free_slots.pop().zip(self.free_outputs.pop())?;
        self.open.push(Some(thread::current().id()));
        let slots = config.in_flight.value - self.free_slots.len();
        let outputs = config.output_buffers.value - self.free_outputs.len();
        let high_water = &mut self.statistics;
        high_water.slots_high_water = high_water.slots_high_water.max(slots);
        high_water.outputs_high_water = high_water.outputs_high_water.max(outputs);
        Some(taken)
    }

    pub(super) fn forget_open(&mut self, owner: Option<ThreadId>) {
        if let Some(at) = self.open.iter().position(|&open| open == owner) {
            self.open.swap_remove(at);
        }
    }

    pub(super) fn forget_lease(&mut self, batch: BatchId) {
        if let Some(at) = self.leases.iter().position(|(held, _)| *held == batch) {
            self.leases.swap_remove(at);
        }
    }
}

impl Shared {
    /// Takes what a batch needs, or says why not.
    pub(super) fn try_begin(&self) -> Result<(Slot, OutputSet), SubmitError> {
        let mut state = self.state.lock();
        if let Some(refusal) = state.refusal() {
            return Err(refusal);
        }
        match state.full(&self.config) {
            Some(full) => Err(full.into()),
            None => Ok(state
                .take(&self.config)
                .expect("there is room where nothing is full")),
        }
    }

    /// Takes what a batch needs, and waits for it as long as something moves.
    pub(super) fn begin(&self) -> Result<(Slot, OutputSet), SubmitError> {
        let mut state = self.state.lock();
        let mut wait: Option<(Instant, Instant, u64)> = None;
        let result = loop {
            if let Some(refusal) = state.refusal() {
                break Err(refusal);
            }
            let Some(full) = state.full(&self.config) else {
                break Ok(state
                    .take(&self.config)
                    .expect("there is room where nothing is full"));
            };
            if let Some(deadlock) = state.deadlock(full) {
                break Err(deadlock);
            }
            let now = Instant::now();
            let progress = state.progress;
            let (start, moved, seen) = *wait.get_or_insert((now, now, progress));
            let moved = if seen == progress { moved } else { now };
            wait = Some((start, moved, progress));
            let waited = self.config.stall_timeout();
            if now.duration_since(moved) >= waited {
                break Err(SubmitError::Stalled { full, waited });
            }
            self.room.wait_until(&mut state, moved + waited);
        };
        if let Some((start, ..)) = wait {
            state.statistics.blocked_calls += 1;
            state.statistics.blocked_time += start.elapsed();
        }
        result
    }

    /// Wakes everybody who waits for a result.
    pub(super) fn announce(&self) {
        self.results.notify_all();
        // One by one, so that the list keeps its memory, and without the lock, because waking may poll at once. Those that
        // register meanwhile have seen the state that is announced.
        let count = self.state.lock().wakers.len();
        for _ in 0..count {
            let waker = self.state.lock().wakers.pop();
            match waker {
                Some(waker) => waker.wake(),
                None => break,
            }
        }
    }
}
