//! The host threads of a job.

use crate::board::HostWork;
use crate::error::{BoxError, Failure, ItemError};
use crate::guard::drop_guarded;
use crate::host;
use crate::results::{Batch, Output};
use crate::shared::Shared;
use crate::sink::{LISTED, Sink};
use crate::task::{ItemState, Task};
use crate::trace::Lane;
use pixelflume_scheduler::rings::TaskOutcome;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Does what is ready until the job has ended.
pub(crate) fn work(shared: &Shared) {
    loop {
        let mut board = shared.board.lock();
        let work = loop {
            if let Some(work) = board.host_work() {
                break work;
            }
            if board.is_finished() {
                return;
            }
            shared.host_work.wait(&mut board);
        };
        let next = board.next();
        drop(board);
        match work {
            HostWork::Look(item) => look(shared, &item),
            HostWork::Task(id, task) => {
                let outcome = perform(shared, task);
                shared.complete(id, outcome);
            }
            HostWork::Sink(sink, batch, item) => {
                shared.taken(next);
                into_sink(shared, sink, batch, item);
            }
        }
    }
}

/// Reads the headers of an item.
fn look(shared: &Shared, item: &ItemState) {
    let _piece = shared.trace(Lane::Headers, item.info.sequence);
    if shared.is_canceled() || catch_unwind(AssertUnwindSafe(|| host::look(shared, item))).is_err()
    {
        let _ = item.looked.set(Err(match shared.is_canceled() {
            true => ItemError::Canceled,
            false => ItemError::Panicked("an operator or the memory of the item"),
        }));
    }
    shared.ahead.looked();
}

/// Does a task, whose descriptor is dropped before it ends.
fn perform(shared: &Shared, task: Task) -> TaskOutcome {
    let (item, lane) = match &task {
        Task::Read(item, _) => (item, Lane::Read),
        Task::Decode(item, _) => (item, Lane::Decode),
        _ => return TaskOutcome::Succeeded,
    };
    let _piece = shared.trace(lane, item.info.sequence);
    let (item, result) = match &task {
        Task::Read(item, input) => (
            item,
            guarded(shared, item, |item| host::read(shared, item, *input)),
        ),
        Task::Decode(item, input) => (
            item,
            guarded(shared, item, |item| host::decode(shared, item, *input)),
        ),
        _ => return TaskOutcome::Succeeded,
    };
    match result {
        Ok(()) => TaskOutcome::Succeeded,
        Err(error) => {
            // The first failure is the one that is told.
            let _ = item.failed.set(error);
            TaskOutcome::Failed
        }
    }
}

fn guarded(
    shared: &Shared,
    item: &ItemState,
    step: impl FnOnce(&ItemState) -> Result<(), ItemError>,
) -> Result<(), ItemError> {
    if shared.is_canceled() {
        return Err(ItemError::Canceled);
    }
    let done = catch_unwind(AssertUnwindSafe(|| step(item)));
    done.unwrap_or(Err(ItemError::Panicked(
        "the memory of the item, or a decoder",
    )))
}

/// Gives an item of a batch to the sink; the failed ones come behind the others.
fn into_sink(shared: &Shared, sink: Arc<dyn Sink>, batch: Arc<Batch>, number: usize) {
    let written = batch.items.get(number).map(|item| {
        let outputs = batch.outputs();
        let results = outputs.iter().map(|output| output.of_image(number));
        let results: Vec<Output<'_>> = results.flatten().collect();
        let _piece = shared.trace(Lane::Write, item.sequence);
        let write = || sink.write(item, &results);
        let written = catch_unwind(AssertUnwindSafe(write));
        written
            .map_err(|_| ItemError::Panicked("the sink"))
            .and_then(|written| {
                written.map_err(|error: BoxError| ItemError::Sink(Arc::from(error)))
            })
            .map_err(|error| Failure {
                item: Arc::clone(item),
                error,
            })
    });
    let failure = match written {
        Some(Ok(())) => None,
        Some(Err(failure)) => Some(failure),
        None => batch.failures.get(number - batch.items.len()).cloned(),
    };
    let is_written = number < batch.items.len() && failure.is_none();
    if let Some(failure) = &failure
        && catch_unwind(AssertUnwindSafe(|| sink.failed(failure))).is_err()
    {
        tracing::warn!("a sink panicked when it learned of a failure");
    }
    // Before the item counts as done: who waits for that is the last one to have the sink.
    drop_guarded("a sink", sink);
    let mut board = shared.board.lock();
    board.report.written += u64::from(is_written);
    let failed = failure.as_ref().map(|failure| &failure.item);
    if let Some(item) = batch.items.get(number).or(failed) {
        let sequence = item.sequence;
        board.position.take(sequence);
    }
    if let Some(failure) = failure {
        board.report.failed += 1;
        if board.report.failures.len() < LISTED {
            board.report.failures.push(failure.without_attached());
        }
    }
    let ended = board.sunk(&batch);
    let is_over = board.is_over();
    drop(board);
    // With the last item the results go, and their engine may go on.
    let has_ended = ended.is_some();
    drop((ended, batch));
    if has_ended {
        // Its copies are gone.
        shared.submitter.wake();
    }
    if is_over {
        shared.wake_all();
    }
}
