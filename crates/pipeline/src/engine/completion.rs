//! The thread that completes batches in the order of submission.

use super::FailureCause;
use super::slot::is_fatal;
use super::state::{InFlight, Ready, Shared};
use std::sync::Arc;

/// Completes batches until the engine is closed, or stopped, and none is left. Waits for events of the device, never in
/// a loop.
pub(super) fn run(shared: &Shared) {
    while let Some(work) = next(shared) {
        complete(shared, work);
    }
}

fn next(shared: &Shared) -> Option<InFlight> {
    let mut state = shared.state.lock();
    loop {
        if let Some(work) = state.in_flight.pop_front() {
            state.completing = Some(work.batch);
            return Some(work);
        }
        if state.closed && state.dispatching.is_none() {
            return None;
        }
        shared.work.wait(&mut state);
    }
}

fn complete(shared: &Shared, work: InFlight) {
    let InFlight {
        batch,
        frames,
        mut slot,
        mut outputs,
        mut failed,
    } = work;
    let finished = slot.finish(batch, frames, &mut outputs);
    let mut state = shared.state.lock();
    match finished {
        Ok(failure) => failed = failed.or(failure),
        Err(error) => {
            // Also where the device is not lost: nobody can say whether it still uses the slot.
            let lost = is_fatal(&error);
            let error = Arc::clone(state.over.get_or_insert_with(|| Arc::new(error)));
            tracing::error!(%batch, lost, %error, "the engine stops");
            failed = failed.or(Some(FailureCause::Pipeline(error)));
        }
    }
    state.free_slots.push(slot);
    state.completing = None;
    state.progress += 1;
    if state.cancel {
        state.cancelled.push(batch);
        state.statistics.cancelled += 1;
        state.free_outputs.push(outputs);
    } else {
        match &failed {
            None => state.statistics.completed += 1,
            Some(cause) => {
                tracing::warn!(%batch, %cause, "a batch failed");
                state.statistics.failed += 1;
            }
        }
        state.ready.push_back(Ready {
            batch,
            frames,
            outputs,
            failed,
        });
    }
    drop(state);
    shared.room.notify_all();
    shared.idle.notify_all();
    shared.announce();
}
