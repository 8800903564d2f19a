//! The state of an engine that changes: which lanes are free, which batches are in flight, and what users hold.

use super::batch::{InFlight, Ready};
use super::lane::EngineLane;
use super::place::DeviceResults;
use super::{BatchId, BatchState, EngineStatistics, Full, Resource, SubmitError};
use crate::error::PipelineError;
use pixelflume_scheduler::rings::Ring;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::thread::{self, ThreadId};

#[derive(Default)]
pub(super) struct State {
    #[expect(
        clippy::vec_box,
        reason = "a lane goes from here through writers and tasks by its address, as it is large"
    )]
    pub(super) free_lanes: Vec<Box<EngineLane>>,
    /// The batches in flight, in the order of submission, as `ready` is.
    pub(super) in_flight: VecDeque<InFlight>,
    pub(super) ready: VecDeque<Ready>,
    /// Whether a batch is being submitted that is not in `in_flight` yet.
    pub(super) dispatching: bool,
    /// The batch that the completing thread waits for.
    pub(super) completing: Option<BatchId>,
    /// The threads that began the open writers; `None` for a detached writer.
    pub(super) open: Vec<Option<ThreadId>>,
    /// The threads that took the leases; `None` for a detached lease.
    pub(super) leases: Vec<(BatchId, Option<ThreadId>)>,
    /// Places of results on the device that no batch has, the one that was used last at the end.
    pub(super) spare_results: VecDeque<DeviceResults>,
    /// Counts events that may end a wait for room.
    pub(super) progress: u64,
    pub(super) closed: bool,
    pub(super) cancel: bool,
    pub(super) cancelled: Vec<BatchId>,
    /// The error that stopped the engine.
    pub(super) stopped: Option<Arc<PipelineError>>,
    /// The wakers, in the order in which they were registered.
    pub(super) wakers: VecDeque<Waker>,
    pub(super) statistics: EngineStatistics,
}

impl State {
    pub(super) fn is_ended(&self) -> bool {
        self.closed || self.stopped.is_some()
    }

    /// Whether there are batches that have a number and are not complete.
    pub(super) fn is_busy(&self) -> bool {
        self.dispatching || self.completing.is_some() || !self.in_flight.is_empty()
    }

    /// The reason why no batch can be submitted at all; `None` where batches can.
    pub(super) fn refusal(&self) -> Option<SubmitError> {
        match &self.stopped {
            Some(error) => Some(SubmitError::Stopped(Arc::clone(error))),
            None => self.closed.then_some(SubmitError::Closed),
        }
    }

    pub(super) fn oldest_running(&self) -> Option<BatchId> {
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

    pub(super) fn full(
        &self,
        resource: Resource,
        needed: u64,
        (used, capacity): (u64, u64),
        head: Option<BatchId>,
    ) -> Full {
        Full {
            resource,
            needed,
            used,
            capacity,
            head,
            head_state: head.map_or(BatchState::Open, |head| self.state_of(head)),
        }
    }

    /// The error for a thread that would wait for itself; `None` where other threads hold some of it.
    pub(super) fn deadlock(&self, full: Full) -> Option<SubmitError> {
        let me = Some(thread::current().id());
        let open_batches = self.open.iter().filter(|&&owner| owner == me).count();
        let leases = self.leases.iter().filter(|(_, owner)| *owner == me);
        let held_by_leases = leases.count();
        let batches = open_batches as u64;
        let all = batches + held_by_leases as u64;
        // The amount that stays in use when all other threads have given back theirs.
        let own = match full.resource {
            Resource::Ring(Ring::Exported) => all * full.needed,
            Resource::Ring(Ring::ExportSlot) => all,
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
