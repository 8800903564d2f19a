//! What came of the items of a job.

use anyhow::Context as _;
use pixelflume::runtime::{Batch, Failure, ItemError, ItemInfo, Job, Output, Sink};
use std::sync::Mutex;

/// What became of an item: the pixels of its result, or the text of its failure.
pub(super) type Outcome = Result<Vec<u8>, String>;
/// The epoch and the index of an item.
pub(super) type Key = (u64, u64);

/// Outcomes of items, each with the number of its batch, in the order in which they came.
#[derive(Default)]
pub(super) struct Taken(pub(super) Mutex<Vec<(Key, u64, Outcome)>>);

impl Taken {
    fn push(&self, item: &ItemInfo, batch: u64, outcome: Outcome) {
        let mut taken = self.0.lock().expect("no thread panics");
        taken.push(((item.epoch, item.index), batch, outcome));
    }

    fn push_failure(&self, failure: &Failure, batch: u64) {
        let kind = match &failure.error {
            ItemError::Engine(_) | ItemError::Batch(_) | ItemError::Frame(_) => "memory: ",
            _ => "",
        };
        let text = format!("{kind}{}", failure.error);
        self.push(&failure.item, batch, Err(text));
    }

    /// Takes batches until `more` says no.
    pub(super) fn take(
        &self,
        job: &Job,
        mut more: impl FnMut(Batch) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        while let Some(batch) = job.next_batch() {
            let batch = batch?;
            for (number, item) in batch.items().enumerate() {
                let outputs = batch.outputs();
                let image = outputs.first().and_then(|output| output.image(number));
                let image = image.context("an item without its image")?;
                self.push(item, batch.number(), Ok(image.to_vec()));
            }
            for failure in batch.failures() {
                self.push_failure(failure, batch.number());
            }
            if !more(batch)? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn all(
        &self,
        job: &Job,
        each: impl Fn(&Batch) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.take(job, |batch| each(&batch).map(|()| true))
    }
}

impl Sink for Taken {
    fn write(
        &self,
        item: &ItemInfo,
        results: &[Output<'_>],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let image = results.first().ok_or("an item without its image")?;
        self.push(item, 0, Ok(image.bytes().to_vec()));
        Ok(())
    }

    fn failed(&self, failure: &Failure) {
        self.push_failure(failure, 0);
    }
}
