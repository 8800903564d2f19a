//! The outcomes of the images of a run, and the way of their results to the threads that write.

use super::{Computed, Outcome, Pending, Work};
use crate::failure::full_text;
use crossbeam::channel::Sender;
use pixelflume::pipeline::engine::BatchResult;
use pixelflume::pipeline::{Image, PipelineError};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The destination of the results of batches.
#[derive(Clone)]
pub(crate) struct Delivery<'env, 'a> {
    pub(super) ledger: &'env Ledger<'env>,
    pub(super) queue: &'env Queue,
    pub(super) computed: Sender<Computed<'a>>,
}

impl<'a> Delivery<'_, 'a> {
    /// Sends the results of a batch on to be written, or reports its failure. `stopped` is the error that stopped its
    /// engine.
    pub(crate) fn deliver(
        &self,
        batch: Vec<Pending<'a>>,
        result: Option<BatchResult>,
        stopped: Option<&PipelineError>,
    ) {
        let lease = match (result, stopped) {
            (Some(Ok(lease)), _) => lease,
            (_, Some(error)) => return self.give_up(&full_text(error)),
            (Some(Err(failure)), None) => return self.fail(batch, &full_text(&failure.cause)),
            // An engine is closed after its last batch was taken.
            (None, None) => return self.give_up("the engine was closed"),
        };
        let mut results: Vec<Vec<Image>> = batch.iter().map(|_| Vec::new()).collect();
        for output in lease.outputs() {
            for (results, image) in results.iter_mut().zip(output.to_images()) {
                results.push(image);
            }
        }
        // The engine goes on while these are written.
        drop(lease);
        for (image, results) in batch.into_iter().zip(results) {
            // The writers live as long as this sender does.
            let _ = self.computed.send(Computed { image, results });
        }
    }

    /// Reports the failure of all images of a batch.
    pub(super) fn fail(&self, batch: Vec<Pending<'a>>, error: &str) {
        for Pending { index, shapes, .. } in batch {
            self.ledger
                .enter(index, Outcome::failed(shapes, error.to_owned()));
        }
    }

    /// Ends the run: no batch can be executed anymore, so nothing more is decoded, and images without an outcome were not
    /// processed.
    pub(crate) fn give_up(&self, reason: &str) {
        self.queue.stop();
        // The first reason is the one that matters.
        let _ = self.ledger.terminated.set(reason.to_owned());
    }
}

/// Hands out the numbers of the inputs.
#[derive(Default)]
pub(super) struct Queue {
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Queue {
    /// The next number below `count`; `None` after the last one, or when the queue was stopped.
    pub(super) fn next(&self, count: usize) -> Option<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < count).then_some(index)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Collects outcomes, and reports failures to the user at once.
pub(super) struct Ledger<'a> {
    work: &'a Work<'a>,
    outcomes: Vec<OnceLock<Outcome>>,
    /// The reason why no batch can be executed anymore.
    terminated: OnceLock<String>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(work: &'a Work<'a>) -> Self {
        let outcomes = work.inputs.iter().map(|_| OnceLock::new()).collect();
        Ledger {
            work,
            outcomes,
            terminated: OnceLock::new(),
        }
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.terminated.get().is_some()
    }

    pub(super) fn enter(&self, index: usize, outcome: Outcome) {
        if let Some(error) = &outcome.error {
            let name = self.work.inputs[index].name();
            self.work.progress.error(&format!("{name}: {error}"));
        }
        // Each image reaches its end once; a second outcome would be dropped here.
        let _ = self.outcomes[index].set(outcome);
        self.work.progress.advance();
    }

    /// All outcomes. Images without one were not processed; the reason is reported once.
    pub(super) fn close(self) -> Vec<Outcome> {
        let reason = self
            .terminated
            .into_inner()
            .unwrap_or_else(|| "the thread that had it broke down".to_owned());
        let mut skipped = 0;
        let mut outcomes = Vec::with_capacity(self.outcomes.len());
        for outcome in self.outcomes {
            outcomes.push(outcome.into_inner().unwrap_or_else(|| {
                skipped += 1;
                Outcome::failed(Vec::new(), format!("not processed: {reason}"))
            }));
        }
        if skipped > 0 {
            let text = format!("{skipped} images were not processed: {reason}");
            self.work.progress.error(&text);
        }
        outcomes
    }
}
