//! The thread that completes batches in the order of submission.

use super::batch::{InFlight, Ready, ResultMemory, Work};
use super::shared::Shared;
use super::{BatchId, FailureCause};
use crate::error::PipelineError;
use pixelflume_device::catch_panic;
use pixelflume_scheduler::rings::TaskOutcome;
use std::sync::Arc;

/// Completes batches until the engine is closed or has stopped, and none is left. Waits for events of the device, without
/// polling.
pub(super) fn run(shared: &Shared) {
    while let Some(batch) = next(shared) {
        let number = BatchId::of(batch.task);
        if let Err(message) = catch_panic(|| complete(shared, batch)) {
            give_up(shared, number, message);
        }
    }
}

/// Stops the engine after a panic in [`complete`], so that no thread waits for this batch. Panics of wakers are caught where
/// the wakers are called; the user code that is left is the subscriber of the log.
fn give_up(shared: &Shared, batch: BatchId, message: String) {
    let mut state = shared.state.lock();
    state.completing = None;
    state.progress += 1;
    state.statistics.failed += 1;
    state.stopped.get_or_insert_with(|| {
        let what = format!("the end of batch {batch}");
        Arc::new(PipelineError::Panicked { what, message })
    });
    drop(state);
    shared.submitter.close();
    shared.idle.notify_all();
    shared.announce();
}

fn next(shared: &Shared) -> Option<InFlight> {
    let mut state = shared.state.lock();
    loop {
        if let Some(batch) = state.in_flight.pop_front() {
            state.completing = Some(BatchId::of(batch.task));
            return Some(batch);
        }
        if state.closed && !state.dispatching {
            return None;
        }
        shared.work.wait(&mut state);
    }
}

fn complete(shared: &Shared, in_flight: InFlight) {
    let InFlight {
        task,
        mut work,
        export,
        record,
    } = in_flight;
    let batch = BatchId::of(task);
    // The callback is fetched only after a failure, and called without the lock.
    let on_failure = || shared.on_failure.lock().clone();
    let Work {
        lane,
        output,
        frames,
        ..
    } = &mut work;
    let finished = lane.finish(batch, *frames, output, on_failure);
    shared.trace.add(batch.number(), &work.lane.times);
    work.lane.times.reset();
    let Work {
        lane,
        output: place,
        frames,
        mut failed,
    } = work;
    let mut state = shared.state.lock();
    match finished {
        Ok(failure) => failed = failed.or(failure),
        Err(error) => {
            // Also where the device is not lost: it is unknown whether it still uses the lane.
            let lost = error.is_fatal();
            let error = Arc::clone(state.stopped.get_or_insert_with(|| Arc::new(error)));
            tracing::error!(%batch, lost, %error, "the engine stops");
            failed = failed.or(Some(FailureCause::Pipeline(error)));
            shared.submitter.close();
        }
    }
    state.free_lanes.push(lane);
    state.progress += 1;
    drop(state);
    let outcome = match &failed {
        None => TaskOutcome::Succeeded,
        Some(_) => TaskOutcome::Failed,
    };
    // Wakes the threads that wait for room, for the lane as well.
    let completed = shared.device.lock().completer.complete(task, outcome);
    completed.expect("it was issued, depends on nothing, and ends once");

    let outcome = match failed {
        None => Ok(ResultMemory { place, export }),
        Some(cause) => {
            shared.give_back(place);
            drop(export);
            Err(cause)
        }
    };
    let done = Ready {
        batch,
        frames,
        outcome,
        record,
    };
    let mut state = shared.state.lock();
    state.completing = None;
    state.progress += 1;
    let dropped = if state.cancel {
        state.cancelled.push(batch);
        state.statistics.cancelled += 1;
        Some(done)
    } else {
        match &done.outcome {
            Ok(_) => state.statistics.completed += 1,
            Err(cause) => {
                // The caller gets the failure in its place, and decides what to report.
                tracing::debug!(%batch, %cause, "a batch failed");
                state.statistics.failed += 1;
            }
        }
        state.ready.push_back(done);
        None
    };
    drop(state);
    drop(dropped);
    shared.idle.notify_all();
    shared.announce();
}
