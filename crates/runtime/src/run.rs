//! A batch in the hands of a device.

use crate::credits::Credit;
use crate::error::{Failure, ItemError};
use crate::item::ItemInfo;
use crate::results::{Batch, Memory};
use crate::shared::Shared;
use crate::task::{BatchState, ItemState};
use crate::trace::{Lane, Piece};
use pixelflume_device::sync::Mutex;
use pixelflume_pipeline::OutputLease;
use pixelflume_scheduler::rings::TaskId;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// A batch that a device executes. The last owner's drop ends its task: the thread of the device has one, and each part that the
/// device computes another.
pub(crate) struct Run<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) device: usize,
    task: TaskId,
    pub(crate) batch: Arc<BatchState>,
    items: Vec<Arc<ItemInfo>>,
    credit: Mutex<Option<Credit>>,
    /// Why items that have no outcome have none.
    reason: OnceLock<ItemError>,
    piece: Option<Piece>,
}

/// Images of a run that the device computes together.
pub(crate) struct Part<'s> {
    pub(crate) run: Arc<Run<'s>>,
    pub(crate) items: Vec<Arc<ItemInfo>>,
    /// Whether the results are to be copied, so that the engine has its memory at once.
    pub(crate) is_copied: bool,
}

impl<'s> Run<'s> {
    /// Takes a batch over from the queue, with its items.
    pub(crate) fn new(
        shared: &'s Shared,
        device: usize,
        task: TaskId,
        batch: Arc<BatchState>,
        credit: Option<Credit>,
    ) -> (Arc<Self>, Vec<Arc<ItemState>>) {
        let items = std::mem::take(&mut *batch.items.lock());
        let run = Run {
            piece: shared.trace(Lane::Run, batch.number),
            shared,
            device,
            task,
            items: items.iter().map(|item| Arc::clone(&item.info)).collect(),
            batch,
            credit: Mutex::new(credit),
            reason: OnceLock::new(),
        };
        (Arc::new(run), items)
    }

    /// Fails one item.
    pub(crate) fn fail(&self, item: &Arc<ItemInfo>, error: ItemError) {
        self.batch.fail([Failure {
            item: Arc::clone(item),
            error,
        }]);
    }

    /// Fails all items that have no outcome when the run ends.
    pub(crate) fn fail_rest(&self, error: ItemError) {
        let _ = self.reason.set(error);
    }
}

impl Part<'_> {
    /// Notes the results.
    pub(crate) fn give(self, lease: OutputLease) {
        let run = &self.run;
        let credit = run.credit.lock().take();
        let is_copied = self.is_copied || credit.is_none();
        let (memory, copied) = match Memory::of(lease, is_copied, &run.shared.copies) {
            Ok(taken) => taken,
            Err(error) => return self.fail(&error),
        };
        run.batch.outcome.lock().parts.push(Batch {
            number: run.batch.number,
            epoch: run.batch.epoch,
            items: self.items,
            failures: Vec::new(),
            memory,
            copied,
            credit,
        });
    }

    /// Fails all items.
    pub(crate) fn fail(self, error: &ItemError) {
        for item in &self.items {
            self.run.fail(item, error.clone());
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let mut outcome = self.batch.outcome.lock();
        let computed = outcome.parts.iter().map(|part| part.items.len());
        if computed.sum::<usize>() + outcome.failures.len() < self.items.len() {
            let computed = outcome.parts.iter().flat_map(|part| &part.items);
            let failed = outcome.failures.iter().map(|failure| &failure.item);
            let known: HashSet<u64> = computed.chain(failed).map(|item| item.sequence).collect();
            let reason = self.reason.get().cloned();
            let reason = reason.unwrap_or(ItemError::Panicked("an operator"));
            for item in self
                .items
                .iter()
                .filter(|item| !known.contains(&item.sequence))
            {
                outcome.failures.push(Failure {
                    item: Arc::clone(item),
                    error: reason.clone(),
                });
            }
        }
        // Results that are out are few, and those of failed items are none.
        if outcome.parts.is_empty() {
            let bytes = outcome
                .failures
                .iter()
                .map(|failure| failure.item.attached_bytes());
            let bytes = bytes.fold(0, u64::saturating_add);
            outcome.attached = (bytes > 0).then(|| self.shared.copies.charge(bytes));
        }
        outcome.waiting = self.shared.trace(Lane::Deliver, self.batch.number);
        drop(outcome);
        drop(self.piece.take());
        drop(self.credit.get_mut().take());
        self.shared.complete_run(self.device, self.task);
    }
}
