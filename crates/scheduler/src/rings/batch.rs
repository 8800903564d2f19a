//! Batches: tasks that stay together until the last of them is submitted.

use super::admission::Reserved;
use super::exports::NONE;
use super::submit::{Scope, Submitter};
use super::{BatchBudget, OUTPUT_ALIGN, Output, Placement, Request, SubmitError, Submitted};
use std::fmt;

/// An open batch: none of its tasks is consumed before it is closed, so that later tasks of it can depend on earlier ones
/// without leases. Dropping it closes it.
///
/// The list of its tasks goes through their records: a batch of any size costs no memory of its own.
pub struct Batch<D> {
    submitter: Submitter<D>,
    scope: Scope,
    has_budget: bool,
    /// The offset in the arena of the result that was set aside.
    export_offset: u64,
    tasks: u64,
}

impl<D> Batch<D> {
    pub(super) fn new(submitter: Submitter<D>, batch: u64) -> Self {
        let scope = Scope {
            batch,
            ..Scope::default()
        };
        Batch {
            submitter,
            scope,
            has_budget: false,
            export_offset: 0,
            tasks: 0,
        }
    }

    pub(super) fn with_budget(
        submitter: Submitter<D>,
        budget: &BatchBudget,
        reserved: &Reserved,
    ) -> Self {
        let transient = submitter.core().config.transient_bytes();
        let scope = Scope {
            batch: reserved.batch,
            previous: 0,
            budget: *budget,
            export: reserved.export,
        };
        Batch {
            submitter,
            scope,
            has_budget: true,
            export_offset: transient + reserved.export_offset,
            tasks: 0,
        }
    }

    /// The place of the budget's result in the arena, until a task takes the result. No other batch is given these
    /// bytes of the arena.
    pub fn export(&self) -> Option<Output> {
        debug_assert!(self.export_offset.is_multiple_of(OUTPUT_ALIGN));
        (self.scope.export != NONE).then_some(Output {
            offset: self.export_offset,
            bytes: self.scope.budget.exported_bytes,
        })
    }

    /// The number of the batch, which no other batch of the rings has; counts from 1.
    pub fn number(&self) -> u64 {
        self.scope.batch
    }

    /// The number of tasks that were submitted in the batch.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// [`Submitter::try_submit`] within the batch. Where only the end of this batch could make room, that is said at once,
    /// with [`SubmitError::Deadlock`].
    pub fn try_submit(
        &mut self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement) -> D,
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
        build: impl FnOnce(&Placement) -> D,
    ) -> Result<Submitted, SubmitError> {
        let submitted = self.submitter.submit_in(request, &self.scope, build);
        self.note(submitted)
    }

    /// Drops the batch's references to its tasks.
    pub fn close(self) {}

    fn note(
        &mut self,
        submitted: Result<Submitted, SubmitError>,
    ) -> Result<Submitted, SubmitError> {
        if let Ok(submitted) = &submitted {
            self.scope.previous = submitted.task.0;
            self.scope.budget.tasks -= submitted.covered.tasks;
            self.scope.budget.main_slots -= submitted.covered.main_slots;
            self.scope.budget.transient_bytes -= submitted.covered.transient_bytes;
            if submitted.covered.exported_bytes > 0 {
                self.scope.export = NONE;
            }
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
            if self.scope.export != NONE {
                // Both references: no other one was ever given out.
                core.exports.drop_reference(self.scope.export);
                core.exports.drop_reference(self.scope.export);
            }
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
