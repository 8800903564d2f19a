//! Giving submitted batches to the device.

use super::batch::{InFlight, Task};
use super::lane::CopyStreams;
use super::layout::ResultLayout;
use super::{BatchId, FailureCause};
use crate::error::PipelineError;
use pixelflume_device::catch_panic;
use pixelflume_scheduler::rings::{Completer, Payload, Submitted, TaskId};
use std::convert::Infallible;
use std::sync::Arc;

/// The completer of the rings, and the copy streams.
pub(super) struct DeviceSide {
    pub(super) completer: Completer<Task>,
    pub(super) copies: CopyStreams,
    /// The number of the next image in its data set, where none is given.
    pub(super) next_index: u64,
}

impl DeviceSide {
    /// Issues the task that was just submitted, the only pending one. Also returns the error that stops the engine, if there was
    /// one.
    pub(super) fn issue(
        &mut self,
        layout: &ResultLayout,
        submitted: Submitted,
    ) -> (InFlight, Option<Arc<PipelineError>>) {
        let DeviceSide {
            completer, copies, ..
        } = self;
        let mut issued = None;
        let mut fatal = None;
        let mut dispatch = |task: TaskId, descriptor: &mut Task, _: Payload<'_>| {
            let mut work = descriptor
                .take()
                .expect("a task has its work until it is dispatched, which is once");
            if work.failed.is_none() {
                // An operator of the user may panic while it makes launches; without this the batch would never finish.
                let dispatched = catch_panic(|| {
                    let batch = BatchId::of(task);
                    work.lane
                        .dispatch(batch, work.frames, &mut work.output, layout, copies)
                });
                work.failed = match dispatched {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => {
                        let error = Arc::new(error);
                        fatal = error.is_fatal().then(|| Arc::clone(&error));
                        Some(FailureCause::Pipeline(error))
                    }
                    Err(message) => Some(FailureCause::Panicked(message)),
                };
            }
            issued = Some((task, work));
            // Also after an error: the device may have a part of the batch, and is waited for.
            Ok::<(), Infallible>(())
        };
        completer.issue_next(&mut dispatch);
        let (task, work) = issued.expect("tasks are issued as they are submitted, one by one");
        debug_assert_eq!(task, submitted.task);
        let in_flight = InFlight {
            task,
            work,
            export: submitted.export.expect("a result was asked for"),
            record: submitted.lease.expect("a lease was asked for"),
        };
        (in_flight, fatal)
    }
}
