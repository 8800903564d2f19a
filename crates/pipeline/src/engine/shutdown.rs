//! The end of an engine.

use super::{BatchId, Engine};

/// What a shutdown does with batches that were not taken.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Shutdown {
    /// Lets them finish. Their results stay, to be taken.
    Drain,
    /// Drops them.
    Cancel,
}

/// What there was at the shutdown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The batches that were dropped, in order.
    pub cancelled: Vec<BatchId>,
    /// Batches with results so far, in the life of the engine, those that were then dropped among them.
    pub completed: u64,
    /// Batches that failed so far.
    pub failed: u64,
    /// Results that wait to be taken.
    pub ready: usize,
    /// Results that are held by leases.
    pub held: usize,
    /// Writers that are open; submitting them is refused.
    pub open: usize,
}

impl Engine {
    /// Lets nobody submit any more. Batches that were submitted go on; when they are taken, the results end.
    pub fn close(&self) {
        self.shared.state.lock().closed = true;
        self.shared.submitter.close();
        self.shared.work.notify_all();
        self.shared.announce();
    }

    /// Closes the engine and waits until the device is done with every batch. What it has begun cannot be taken from the
    /// device: also cancelling waits for it. Producers and consumers that wait are woken. Leases stay as they are.
    pub fn shutdown(&self, how: Shutdown) -> ShutdownReport {
        let mut state = self.shared.state.lock();
        state.closed = true;
        if how == Shutdown::Cancel {
            state.cancel = true;
            while let Some(ready) = state.ready.pop_front() {
                state.cancelled.push(ready.batch);
                state.statistics.cancelled += 1;
            }
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
        self.shared.announce();
        // A waker may drop the engine on its own thread, which then ends by itself.
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
        let report = self.shutdown(Shutdown::Cancel);
        // Leases outlive the engine, and the lanes are of no use to them.
        let lanes = std::mem::take(&mut self.shared.state.lock().free_lanes);
        drop(lanes);
        if !report.cancelled.is_empty() {
            tracing::warn!(
                batches = report.cancelled.len(),
                "an engine was dropped with batches that nobody took"
            );
        }
    }
}
