//! Admission: setting aside all resources of a batch before it is begun.

use super::batch::BegunBatch;
use super::place::{DeviceResults, ResultPlace};
use super::shared::Shared;
use super::state::State;
use super::{BatchId, Resource, SubmitError};
use pixelflume_scheduler::rings::{self, BatchBudget};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

impl Shared {
    /// Takes all resources of a batch, or gives the reason why that is not possible.
    fn take(&self, state: &mut State) -> Result<BegunBatch, SubmitError> {
        if let Some(refusal) = state.refusal() {
            return Err(refusal);
        }
        let lanes = self.config.in_flight.value;
        if state.free_lanes.is_empty() {
            let head = state.oldest_running();
            let use_of = (lanes as u64, lanes as u64);
            return Err(state.full(Resource::Lanes, 1, use_of, head).into());
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
                        Resource::Ring(full.ring),
                        full.needed,
                        use_of,
                        head,
                    ))
                }
                rings::SubmitError::Closed => SubmitError::Closed,
                error => SubmitError::Rings(error),
            })?;
        let output = match &self.arena {
            Some(arena) => {
                let begin = batch.export().map_or(0, |place| place.offset as usize);
                let lent = arena.lend(begin..begin + self.layout.bytes);
                // Fails only where bytes could not be taken back, because a copy to them did not complete.
                ResultPlace::Pinned(lent.map_err(|error| SubmitError::Memory(Arc::new(error)))?)
            }
            None => {
                // The one that was used longest ago: its consumer is most likely done.
                let spare = state.spare_results.pop_front();
                ResultPlace::Device(spare.unwrap_or_else(|| {
                    let home = state.leases.len() % self.homes.len();
                    DeviceResults::new(self.homes[home].clone())
                }))
            }
        };
        let lane = state.free_lanes.pop().expect("there is one, as seen above");
        state.open.push(Some(thread::current().id()));
        let used = lanes - state.free_lanes.len();
        let most = &mut state.statistics.lanes_high_water;
        *most = used.max(*most);
        Ok(BegunBatch {
            lane,
            output,
            batch,
        })
    }

    /// Takes all resources of a batch, without waiting.
    pub(super) fn try_begin(&self) -> Result<BegunBatch, SubmitError> {
        self.check_process().map_err(SubmitError::Stopped)?;
        self.take(&mut self.state.lock())
    }

    /// Takes all resources of a batch; waits for them as long as there is progress.
    pub(super) fn begin(&self) -> Result<BegunBatch, SubmitError> {
        match self.try_begin() {
            Err(SubmitError::Full(_)) => self.wait(),
            result => result,
        }
    }

    #[cold]
    fn wait(&self) -> Result<BegunBatch, SubmitError> {
        let start = Instant::now();
        let waited = self.submitter.wait_until(|| {
            let mut state = self.state.lock();
            match self.take(&mut state) {
                Err(SubmitError::Full(full)) => match state.deadlock(full) {
                    Some(deadlock) => ControlFlow::Break(Err(deadlock)),
                    None => ControlFlow::Continue((full, state.progress)),
                },
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
}
