//! Who has what: the slots on the device, the results that wait, and what users hold.
//!
//! A slot is free, with an open writer, or with a batch in flight. All else that a batch needs is set aside in the task
//! rings when it is begun, with the slot or not at all; so nothing after that waits for room, and the engine can drain
//! whatever its users do.
//!
//! Locks, in the order in which they are taken: [`Shared::device`], [`Shared::state`], those inside of the rings and of the
//! arena. The device is never called under the lock of the state.

use super::slot::{Lanes, Slot};
use super::trace::EngineTrace;
use super::{BatchId, BatchState, EffectiveConfig, FailureCause, Full, SubmitError, Window};
use crate::PipelineError;
use crate::context::FailureCallback;
use parking_lot::{Condvar, Mutex};
use pixelflume_device::contain_panic;
use pixelflume_memory::{MemoryManager, PinnedArena, PinnedBuffer};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::rings::{
    self, Batch, BatchBudget, Completer, ExportLease, Ring, Submitter, TaskId, TaskLease,
};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// What a batch is run with, and what it writes to.
pub(super) struct Work {
    pub(super) slot: Box<Slot>,
    pub(super) output: PinnedBuffer,
    pub(super) frames: usize,
    pub(super) failed: Option<FailureCause>,
}

/// The descriptor of a task: the work, until its dispatch takes it.
pub(super) type Task = Option<Work>;

/// What an open writer holds.
pub(super) struct Held {
    pub(super) slot: Box<Slot>,
    /// Before the place in the rings, as in all that follow: the arena has to get its bytes back before the rings give
    /// them to another batch.
    pub(super) output: PinnedBuffer,
    pub(super) batch: Batch<Task>,
}

/// The results of a batch, on their way or there.
pub(super) struct Outputs {
    pub(super) buffer: PinnedBuffer,
    pub(super) export: ExportLease,
}

/// A batch that was given to the device, or failed before.
pub(super) struct InFlight {
    pub(super) task: TaskId,
    pub(super) work: Work,
    pub(super) export: ExportLease,
    /// Until it is taken.
    pub(super) record: TaskLease,
}

/// A batch that is done.
pub(super) struct Ready {
    pub(super) batch: BatchId,
    pub(super) frames: usize,
    pub(super) outcome: Result<Outputs, FailureCause>,
    pub(super) record: TaskLease,
}

#[derive(Default)]
pub(super) struct State {
    #[expect(
        clippy::vec_box,
        reason = "a slot goes from here through writers and tasks by its address, as it is large"
    )]
    pub(super) free_slots: Vec<Box<Slot>>,
    /// In the order of submission, as are those that are ready.
    pub(super) in_flight: VecDeque<InFlight>,
    pub(super) ready: VecDeque<Ready>,
    /// Whether a batch is being submitted that is not in `in_flight` yet.
    pub(super) dispatching: bool,
    /// The one that the completing thread waits for.
    pub(super) completing: Option<BatchId>,
    /// Who began the open writers; `None` for a writer that was detached.
    pub(super) open: Vec<Option<ThreadId>>,
    /// Who took the leases.
    pub(super) leases: Vec<(BatchId, Option<ThreadId>)>,
    /// Grows whenever a wait for room may have come nearer to its end.
    pub(super) progress: u64,
    pub(super) closed: bool,
    pub(super) cancel: bool,
    pub(super) cancelled: Vec<BatchId>,
    /// Why nothing works any more.
    pub(super) over: Option<Arc<PipelineError>>,
    /// In the order in which they were registered.
    pub(super) wakers: VecDeque<Waker>,
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
    /// The most results at once: being made, ready or held. More on all rings: [`super::Engine::ring_statistics`].
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

/// The other end of the rings, and what tasks are given to.
pub(super) struct DeviceSide {
    pub(super) completer: Completer<Task>,
    pub(super) lanes: Lanes,
}

/// Where the results of a batch lie in its piece of the arena.
pub(super) struct Layout {
    /// Where each output begins, for the largest batch.
    pub(super) offsets: Vec<usize>,
    /// Of the largest batch.
    pub(super) bytes: usize,
}

impl Layout {
    pub(super) fn new(outputs: &[ImageShape], max_batch: u32) -> Self {
        let mut offsets = Vec::with_capacity(outputs.len());
        let mut bytes = 0_usize;
        for shape in outputs {
            offsets.push(bytes);
            let output = shape.bytes().saturating_mul(max_batch as usize);
            let end = bytes.saturating_add(output);
            bytes = end
                .checked_next_multiple_of(rings::OUTPUT_ALIGN as usize)
                .unwrap_or(usize::MAX);
        }
        Layout { offsets, bytes }
    }
}

/// What the engine, its writers, its leases and its thread share.
pub(super) struct Shared {
    pub(super) config: EffectiveConfig,
    pub(super) input_names: Vec<String>,
    pub(super) input_shapes: Vec<ImageShape>,
    pub(super) output_names: Vec<String>,
    pub(super) output_shapes: Vec<ImageShape>,
    pub(super) layout: Layout,
    /// Held while a batch is numbered and given to the device, so that both orders are one, and while one is completed.
    pub(super) device: Mutex<DeviceSide>,
    pub(super) state: Mutex<State>,
    /// For consumers: a batch is ready, or none will come.
    pub(super) results: Condvar,
    /// For the completing thread.
    pub(super) work: Condvar,
    /// For shutdown: a batch left the device.
    pub(super) idle: Condvar,
    /// Producers wait for room here.
    pub(super) submitter: Submitter<Task>,
    pub(super) trace: EngineTrace,
    /// What is called for each node that failed.
    pub(super) on_failure: Mutex<Option<FailureCallback>>,
    /// The memory of results, which the rings divide.
    pub(super) arena: PinnedArena,
    /// After all buffers.
    pub(super) memory: MemoryManager,
}

impl State {
    pub(super) fn is_over(&self) -> bool {
        self.closed || self.over.is_some()
    }

    /// Whether batches are numbered that are not done.
    pub(super) fn is_busy(&self) -> bool {
        self.dispatching || self.completing.is_some() || !self.in_flight.is_empty()
    }

    /// Why nothing can be submitted at all, if so.
    pub(super) fn refusal(&self) -> Option<SubmitError> {
        match &self.over {
            Some(error) => Some(SubmitError::Stopped(Arc::clone(error))),
            None => self.closed.then_some(SubmitError::Closed),
        }
    }

    fn oldest_running(&self) -> Option<BatchId> {
        let queued = self.in_flight.front();
        self.completing
            .or(queued.map(|batch| BatchId::of(batch.task)))
    }

    fn state_of(&self, batch: BatchId) -> BatchState {
        if self.leases.iter().any(|(held, _)| *held == batch) {
            BatchState::Held
        } else if self.oldest_running().is_some_and(|oldest| oldest <= batch) {
            BatchState::Running
        } else {
            BatchState::Ready
        }
    }

    fn full(
        &self,
        ring: Window,
        needed: u64,
        (used, capacity): (u64, u64),
        head: Option<BatchId>,
    ) -> Full {
        Full {
            ring,
            needed,
            used,
            capacity,
            head,
            head_state: head.map_or(BatchState::Open, |head| self.state_of(head)),
        }
    }

    /// The error for a thread that would wait for itself.
    fn deadlock(&self, full: Full, one_lifetime: bool) -> Option<SubmitError> {
        let me = Some(thread::current().id());
        let open_batches = self.open.iter().filter(|&&owner| owner == me).count();
        let leases = self.leases.iter().filter(|(_, owner)| *owner == me);
        let held_by_leases = leases.count();
        let batches = open_batches as u64;
        let all = batches + held_by_leases as u64;
        // What is left when all others have given back what they have.
        let own = match full.ring {
            Window::Ring(Ring::Exported) => all * full.needed,
            Window::Ring(Ring::ExportSlot) => all,
            Window::Ring(Ring::Task | Ring::Consumed) if one_lifetime => all,
            _ => batches,
        };
        (own + full.needed > full.capacity).then_some(SubmitError::Deadlock {
            held_by_leases,
            open_batches,
            full,
        })
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
    /// Takes what a batch needs, all of it, or says why not.
    fn take(&self, state: &mut State) -> Result<Held, SubmitError> {
        if let Some(refusal) = state.refusal() {
            return Err(refusal);
        }
        let slots = self.config.in_flight.value;
        if state.free_slots.is_empty() {
            let head = state.oldest_running();
            let use_of = (slots as u64, slots as u64);
            return Err(state.full(Window::Slots, 1, use_of, head).into());
        }
        let budget = BatchBudget {
            tasks: 1,
            main_slots: 1,
            exported_bytes: self.layout.bytes as u64,
            ..BatchBudget::default()
        };
        let batch = self
            .submitter
            .try_begin_batch_with(&budget)
            .map_err(|error| match error {
                rings::SubmitError::Full(full) => {
                    let use_of = (full.used, full.capacity);
                    let head = full.head.map(BatchId::of);
                    SubmitError::Full(state.full(
                        Window::Ring(full.ring),
                        full.needed,
                        use_of,
                        head,
                    ))
                }
                rings::SubmitError::Closed => SubmitError::Closed,
                error => SubmitError::Rings(error),
            })?;
        let begin = batch.export().map_or(0, |place| place.offset as usize);
        let output = self
            .arena
            .lend(begin..begin + self.layout.bytes)
            // Only where bytes could not be taken back, because the device did not come to an end with them.
            .map_err(|error| SubmitError::Memory(Arc::new(error)))?;
        let slot = state.free_slots.pop().expect("there is one, as seen above");
        state.open.push(Some(thread::current().id()));
        let used = slots - state.free_slots.len();
        let most = &mut state.statistics.slots_high_water;
        *most = used.max(*most);
        Ok(Held {
            slot,
            output,
            batch,
        })
    }

    /// Takes what a batch needs, or says why not.
    pub(super) fn try_begin(&self) -> Result<Held, SubmitError> {
        self.take(&mut self.state.lock())
    }

    /// Takes what a batch needs, and waits for it as long as something moves.
    pub(super) fn begin(&self) -> Result<Held, SubmitError> {
        match self.try_begin() {
            Err(SubmitError::Full(_)) => self.wait(),
            result => result,
        }
    }

    #[cold]
    fn wait(&self) -> Result<Held, SubmitError> {
        let start = Instant::now();
        let waited = self.submitter.wait_until(|| {
            let mut state = self.state.lock();
            match self.take(&mut state) {
                Err(SubmitError::Full(full)) => {
                    match state.deadlock(full, self.config.one_lifetime) {
                        Some(deadlock) => ControlFlow::Break(Err(deadlock)),
                        None => ControlFlow::Continue((full, state.progress)),
                    }
                }
                result => ControlFlow::Break(result),
            }
        });
        let result =
            waited.unwrap_or_else(|(full, waited)| Err(SubmitError::Stalled { full, waited }));
        if !matches!(result, Err(SubmitError::Deadlock { .. })) {
            let mut state = self.state.lock();
            state.statistics.blocked_calls += 1;
            state.statistics.blocked_time += start.elapsed();
        }
        result
    }

    /// Wakes everybody who waits for a result.
    pub(super) fn announce(&self) {
        self.results.notify_all();
        // One by one, so that the list keeps its memory, and without the lock, because waking may poll at once. Those that
        // register meanwhile have seen the state that is announced, and come after those that have not.
        let count = self.state.lock().wakers.len();
        for _ in 0..count {
            let waker = self.state.lock().wakers.pop_front();
            match waker {
                Some(waker) => contain_panic("the waker of a consumer", || waker.wake()),
                None => break,
            }
        }
    }
}
