//! What becomes of the images of a run: results go on to be written, failures are told, and outcomes are collected.

use super::{Computed, Outcome, Pending, Work};
use crate::failure::full_text;
use crossbeam::channel::Sender;
use pixelflume::pipeline::engine::BatchResult;
use pixelflume::pipeline::{Image, PipelineError};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Where results of batches go.
#[derive(Clone)]
pub(crate) struct Delivery<'env, 'a> {
    pub(super) ledger: &'env Ledger<'env>,
    pub(super) queue: &'env Queue,
    pub(super) computed: Sender<Computed<'a>>,
}

impl<'a> Delivery<'_, 'a> {
    /// Sends the results of a batch on to be written, or tells why there are none. `stopped` says why its engine can do no
    /// more, where that is so.
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

    /// The images of a batch fail.
    pub(super) fn fail(&self, batch: Vec<Pending<'a>>, error: &str) {
        for Pending { index, shapes, .. } in batch {
            self.ledger
                .enter(index, Outcome::failed(shapes, error.to_owned()));
        }
    }

    /// No batch can be run any more: nothing more is decoded, and what has no outcome so far was not processed.
    pub(crate) fn give_up(&self, reason: &str) {
        self.queue.stop();
        // The first reason is the one that matters.
        let _ = self.ledger.over.set(reason.to_owned());
    }
}

/// Hands out the numbers of the inputs.
#[derive(Default)]
pub(super) struct Queue {
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Queue {
    /// The number of the next one of so many inputs; `None` when there is none, or the queue was stopped.
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

/// Collects outcomes, and tells the user about failures as they come.
pub(super) struct Ledger<'a> {
    work: &'a Work<'a>,
    outcomes: Vec<OnceLock<Outcome>>,
    /// Why no batch can be run any more.
    over: OnceLock<String>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(work: &'a Work<'a>) -> Self {
        let outcomes = work.inputs.iter().map(|_| OnceLock::new()).collect();
        Ledger {
            work,
            outcomes,
            over: OnceLock::new(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.get().is_some()
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

    /// The outcomes. Images without one were not processed; why is told once.
    pub(super) fn close(self) -> Vec<Outcome> {
        let reason = self
            .over
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
