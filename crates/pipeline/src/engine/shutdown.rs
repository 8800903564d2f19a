//! Closing and shutting down an engine.

use super::{BatchId, Engine};
use std::collections::VecDeque;
use std::sync::Arc;

/// The treatment of batches that were not taken, by a shutdown.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Shutdown {
    /// Batches are completed, and their results can be taken.
    Drain,
    /// Batches are dropped.
    Cancel,
}

/// The state of an engine at its shutdown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The batches that were dropped, in the order of submission.
    pub cancelled: Vec<BatchId>,
    /// Batches with results since the engine was made, including results that were then dropped.
    pub completed: u64,
    /// Batches that failed since the engine was made.
    pub failed: u64,
    /// Results that can be taken.
    pub ready: usize,
    /// Results that are held by leases.
    pub held: usize,
    /// Writers that are open; submitting them will be refused.
    pub open: usize,
}

impl Engine {
    /// Refuses new batches. Submitted batches are completed; when they are taken, the results end.
    pub fn close(&self) {
        if self.shared.is_inherited() {
            return;
        }
        self.shared.state.lock().closed = true;
        self.shared.submitter.close();
        self.shared.work.notify_all();
        self.shared.announce();
    }

    /// Closes the engine and waits until the device has completed every batch. Submitted work cannot be called back from the
    /// device: cancelling waits for it too. Waiting producers and consumers are woken. Leases are not affected.
    pub fn shutdown(&self, how: Shutdown) -> ShutdownReport {
        if self.shared.is_inherited() {
            return ShutdownReport::default();
        }
        let mut state = self.shared.state.lock();
        state.closed = true;
        let mut dropped = VecDeque::new();
        if how == Shutdown::Cancel {
            state.cancel = true;
            dropped = std::mem::take(&mut state.ready);
            let batches = dropped.iter().map(|ready| ready.batch);
            state.cancelled.extend(batches);
            state.statistics.cancelled += dropped.len() as u64;
        }
        self.shared.submitter.close();
        self.shared.work.notify_all();
        while state.is_busy() {
            self.shared.idle.wait(&mut state);
        }
        let report = ShutdownReport {
            cancelled: state.cancelled.clone(),
            completed: state.statistics.completed,
            failed: state.statistics.failed,
            ready: state.ready.len(),
            held: state.leases.len(),
            open: state.open.len(),
        };
        drop(state);
        // Without the lock, since results on the device may need the device.
        drop(dropped);
        self.shared.announce();
        // A waker may drop the engine on the engine's own thread, which then ends by itself.
        if let Some(thread) = self.thread.lock().take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the thread that completes batches panicked");
        }
        report
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.shared.is_inherited() {
            // What threads of the parent were changing cannot be dropped, and a thread that does not exist not be joined.
            std::mem::forget(Arc::clone(&self.shared));
            std::mem::forget(self.thread.get_mut().take());
            return;
        }
        let report = self.shutdown(Shutdown::Cancel);
        // Leases outlive the engine, and do not need the lanes, nor the memory of other results.
        let mut state = self.shared.state.lock();
        let lanes = std::mem::take(&mut state.free_lanes);
        let results = std::mem::take(&mut state.spare_results);
        drop(state);
        drop((lanes, results));
        if !report.cancelled.is_empty() {
            tracing::warn!(
                batches = report.cancelled.len(),
                "an engine was dropped with batches that nobody took"
            );
        }
    }
}
