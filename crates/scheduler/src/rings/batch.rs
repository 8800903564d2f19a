//! Tasks that stay together until the last of them is submitted.

use super::payload::PayloadWriter;
use super::submit::{Scope, Submitter};
use super::{BatchBudget, Placement, Request, SubmitError, Submitted};
use std::fmt;

/// An open batch: none of its tasks is consumed before it is closed, so that later tasks of it can depend on earlier ones
/// without leases. Dropping it closes it.
///
/// The list of its tasks goes through their records: a batch of any size costs no memory of its own.
pub struct Batch<D> {
    submitter: Submitter<D>,
    scope: Scope,
    has_budget: bool,
    tasks: u64,
}

impl<D> Batch<D> {
    pub(super) fn new(submitter: Submitter<D>, number: u64, budget: Option<BatchBudget>) -> Self {
        Batch {
            submitter,
            scope: Scope {
                batch: number,
                previous: 0,
                budget: budget.unwrap_or_default(),
            },
            has_budget: budget.is_some(),
            tasks: 0,
        }
    }

    /// Tells it from other batches of the rings; counts from 1.
    pub fn number(&self) -> u64 {
        self.scope.batch
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
            .attempt(request, &self.scope, &mut Some(build));
        self.note(submitted)
    }

    /// [`Submitter::submit`] within the batch. Where only the end of this batch could make room, that is said at once, with
    /// [`SubmitError::Deadlock`]: the batch cannot end while the caller waits.
    pub fn submit(
        &mut self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement, &mut PayloadWriter<'_>) -> D,
    ) -> Result<Submitted, SubmitError> {
        let submitted = self.submitter.submit_in(request, &self.scope, build);
        self.note(submitted)
    }

    /// Lets go of all tasks.
    pub fn close(self) {}

    fn note(
        &mut self,
        submitted: Result<Submitted, SubmitError>,
    ) -> Result<Submitted, SubmitError> {
        if let Ok(submitted) = &submitted {
            self.scope.previous = submitted.task.0;
            self.scope.budget.tasks -= submitted.covered.tasks;
            self.scope.budget.transient_bytes -= submitted.covered.transient_bytes;
            self.tasks += 1;
        }
        submitted
    }
}

impl<D> Drop for Batch<D> {
    fn drop(&mut self) {
        let core = self.submitter.core();
        let mut id = self.scope.previous;
        let mut moved = self.has_budget;
        if self.has_budget {
            core.admission.lock().unreserve(&self.scope.budget);
        }
        for _ in 0..self.tasks {
            // Read before the reference goes.
            let previous = core.batch_previous(id);
            moved |= core.unclaim(id);
            id = previous;
        }
        if moved {
            core.progress.notify();
        }
    }
}

impl<D> fmt::Debug for Batch<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({}, {} tasks)", self.scope.batch, self.tasks)
    }
}
