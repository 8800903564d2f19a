//! Batches in flight, each shared by its lane and by the caller who may wait for it.

use crate::error::leaves_work;
use crate::lane::failures::{FailureCallback, FinishedRun};
use crate::lane::staging::Chunk;
use crate::plan::PipelinePlan;
use pixelflume_device::sync::Mutex;
use pixelflume_device::{Device, ProcessBound, Severity, contain_panic};
use pixelflume_memory::{DeviceSlice, KeptMemory, Owner};
use pixelflume_scheduler::{RunHandle, RunOutcome, SchedulerError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::Waker;

/// A batch that was submitted. The value serves one batch after the other, each after all handles on the one before are gone.
#[derive(Default)]
pub(crate) struct InFlight {
    /// What the batch is; `None` before the first.
    batch: Option<SubmittedBatch>,
    /// Memory of other owners that the run uses.
    kept: ProcessBound<Mutex<Vec<Arc<KeptMemory>>>>,
    /// Whether the callback for failed nodes was called.
    reported: AtomicBool,
    pub(crate) waker: Arc<Mutex<Option<Waker>>>,
}

struct SubmittedBatch {
    chunk: Chunk,
    plan: Arc<PipelinePlan>,
    run: RunHandle,
    on_failure: Option<FailureCallback>,
}

impl InFlight {
    /// Lets go of the last batch.
    pub(super) fn clear(&mut self) {
        self.batch = None;
        *self.reported.get_mut() = false;
    }

    /// Holds memory until the run is complete, where it has another owner.
    pub(super) fn keep(&self, memory: &DeviceSlice<'_>) {
        if let Owner::Kept(memory) = memory.owner() {
            self.kept.lock().push(memory);
        }
    }

    /// Lets go of memory of other owners after a run that was not submitted as a whole. Where a part of the run may be on the
    /// device, the device is waited for; memory that it may still use is leaked.
    pub(super) fn abandon(&mut self, error: &SchedulerError, device: &Device) {
        if leaves_work(error)
            && let Err(error) = device.synchronize()
            && error.severity() == Severity::Recoverable
        {
            self.leak(&error);
        }
        self.release();
    }

    /// Leaks memory of other owners that the device may still use.
    pub(super) fn leak(&self, error: &dyn std::fmt::Display) {
        let kept = std::mem::take(&mut *self.kept.lock());
        if !kept.is_empty() {
            tracing::warn!(owners = kept.len(), %error, "memory of other owners is leaked: the device may still use it");
            std::mem::forget(kept);
        }
    }

    pub(super) fn begin(
        &mut self,
        chunk: &Chunk,
        plan: &Arc<PipelinePlan>,
        run: RunHandle,
        on_failure: Option<&FailureCallback>,
    ) {
        self.batch = Some(SubmittedBatch {
            chunk: chunk.clone(),
            plan: Arc::clone(plan),
            run,
            on_failure: on_failure.cloned(),
        });
    }

    fn batch(&self) -> &SubmittedBatch {
        let batch = self.batch.as_ref();
        batch.expect("a batch is handed out after it was submitted")
    }

    pub(crate) fn run(&self) -> &RunHandle {
        &self.batch().run
    }

    /// Waits for the run, and calls the callback for failed nodes unless the lane has done it.
    pub(crate) fn wait(&self) -> Result<FinishedRun<'_>, SchedulerError> {
        let outcome = self.run().wait()?;
        let finished = self.finished(outcome);
        finished.report(self.batch().on_failure.as_ref());
        Ok(finished)
    }

    /// The end of the batch, whose run is complete. Lets go of memory of other owners.
    pub(super) fn finished<'a>(&'a self, outcome: RunOutcome<'a>) -> FinishedRun<'a> {
        self.release();
        let SubmittedBatch { chunk, plan, .. } = self.batch();
        FinishedRun {
            plan,
            chunk: chunk.clone(),
            outcome,
            reported: &self.reported,
        }
    }

    /// Lets go of memory of other owners. The run is complete, or there is none.
    pub(super) fn release(&self) {
        // One by one, since the drop of an owner is the user's code: it must not meet the lock.
        while let Some(kept) = { self.kept.lock().pop() } {
            contain_panic("the drop of memory of another owner", || drop(kept));
        }
    }
}
