//! Giving submitted batches to the device.

use super::batch::{InFlight, Work};
use super::lane::CopyStreams;
use super::layout::ResultLayout;
use super::{BatchId, FailureCause};
use crate::error::PipelineError;
use pixelflume_device::catch_panic;
use pixelflume_scheduler::rings::{Completer, Issue, Submitted};
use std::sync::Arc;

/// The completer of the rings, and the copy streams.
pub(super) struct DeviceSide {
    pub(super) completer: Completer<Work>,
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
        let Some(Issue::Issued(task, mut work)) = completer.issue_next() else {
            unreachable!(
                "tasks are issued as they are submitted, one by one, and depend on nothing"
            )
        };
        debug_assert_eq!(task, submitted.task);
        let mut fatal = None;
        if work.failed.is_none() {
            // An operator of the user may panic while it makes launches; without this the batch would never finish. Also after an
            // error the batch is in flight: the device may have a part of it, and is waited for.
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
        let in_flight = InFlight {
            task,
            work,
            export: submitted.export.expect("a result was asked for"),
            record: submitted.lease.expect("a lease was asked for"),
        };
        (in_flight, fatal)
    }
}
