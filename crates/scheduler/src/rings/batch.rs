//! Tasks that stay together until the last of them is submitted.

use super::payload::PayloadWriter;
use super::submit::{Scope, Submitter};
use super::{Placement, Request, SubmitError, Submitted, TaskId};
use std::fmt;

/// An open batch: none of its tasks is consumed before it is closed, so that later tasks of it can depend on earlier ones
/// without leases. Dropping it closes it.
///
/// The list of its tasks goes through their records: a batch of any size costs no memory of its own.
pub struct Batch<D> {
    submitter: Submitter<D>,
    number: u64,
    newest: u64,
    tasks: u64,
}

impl<D> Batch<D> {
    pub(super) fn new(submitter: Submitter<D>, number: u64) -> Self {
        Batch {
            submitter,
            number,
            newest: 0,
            tasks: 0,
        }
    }

    /// Tells it from other batches of the rings; counts from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many tasks were submitted in it.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// [`Submitter::try_submit`] within the batch. Where only the end of this batch could make room, that is said at once,
    /// with [`SubmitError::Deadlock`].
    pub fn try_submit(
        &mut self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement, &mut PayloadWriter<'_>) -> D,
    ) -> Result<Submitted, SubmitError> {
        let submitted = self
            .submitter
            .attempt(request, self.scope(), &mut Some(build));
        self.note(submitted)
    }

    /// [`Submitter::submit`] within the batch. Where only the end of this batch could make room, that is said at once, with
    /// [`SubmitError::Deadlock`]: the batch cannot end while the caller waits.
    pub fn submit(
        &mut self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement, &mut PayloadWriter<'_>) -> D,
    ) -> Result<Submitted, SubmitError> {
        let submitted = self.submitter.submit_in(request, self.scope(), build);
        self.note(submitted)
    }

    /// Lets go of all tasks.
    pub fn close(self) {}

    fn scope(&self) -> Scope {
        Scope {
            batch: self.number,
            previous: self.newest,
        }
    }

    fn note(
        &mut self,
        submitted: Result<Submitted, SubmitError>,
    ) -> Result<Submitted, SubmitError> {
        if let Ok(Submitted {
            task: TaskId(id), ..
        }) = &submitted
        {
            self.newest = *id;
            self.tasks += 1;
        }
        submitted
    }
}

impl<D> Drop for Batch<D> {
    fn drop(&mut self) {
        let core = self.submitter.core();
        let mut id = self.newest;
        let mut consumed = false;
        for _ in 0..self.tasks {
            // Read before the reference goes.
            let previous = core.batch_previous(id);
            consumed |= core.unclaim(id);
            id = previous;
        }
        if consumed {
            core.progress.notify();
        }
    }
}

impl<D> fmt::Debug for Batch<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({}, {} tasks)", self.number, self.tasks)
    }
}
