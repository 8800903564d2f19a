//! Taking results, in the order of submission.

use super::batch::Ready;
use super::shared::Shared;
use super::state::State;
use super::{BatchFailure, Engine, OutputLease};
use pixelflume_device::sync::MutexGuard;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

/// The results of a batch, or its failure.
pub type BatchResult = Result<OutputLease, BatchFailure>;

/// The results of an engine as a blocking iterator; see [`Engine::results`].
#[derive(Debug)]
pub struct Results<'a>(&'a Engine);

impl Iterator for Results<'_> {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        self.0.next()
    }
}

impl Engine {
    /// Takes the next batch in the order of submission; waits until it is complete, also where nothing was submitted yet.
    /// `None` when the engine is closed or has stopped, and every batch was taken.
    ///
    /// The engine assumes that the thread that takes a lease drops it as well: see [`OutputLease::detach`].
    pub fn next(&self) -> Option<BatchResult> {
        if self.shared.is_inherited() {
            return None;
        }
        let mut state = self.shared.state.lock();
        loop {
            match take(&self.shared, state) {
                Ok(result) => return Some(result),
                Err(left) => state = left,
            }
            if state.is_ended() && !state.is_busy() {
                return None;
            }
            self.shared.results.wait(&mut state);
        }
    }

    /// Takes the next batch as [`Engine::next`] does, and gives `None` as well when all submitted batches were taken: for a
    /// thread that submits and takes in turn.
    pub fn next_submitted(&self) -> Option<BatchResult> {
        if self.shared.is_inherited() {
            return None;
        }
        let mut state = self.shared.state.lock();
        loop {
            match take(&self.shared, state) {
                Ok(result) => return Some(result),
                Err(left) => state = left,
            }
            if !state.is_busy() {
                return None;
            }
            self.shared.results.wait(&mut state);
        }
    }

    /// Takes the next batch if it is complete.
    pub fn try_next(&self) -> Option<BatchResult> {
        if self.shared.is_inherited() {
            return None;
        }
        take(&self.shared, self.shared.state.lock()).ok()
    }

    /// Takes the next batch in async code: where it is not complete, the waker is called when something has changed. With
    /// this, `std::future::poll_fn(|context| engine.poll_next(context))` is a future.
    ///
    /// The waker is called by the engine's thread, or by the thread that closes the engine, under no lock. A panic in it is
    /// logged, and the other wakers are called all the same.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<BatchResult>> {
        if self.shared.is_inherited() {
            return Poll::Ready(None);
        }
        let mut own = None;
        loop {
            let mut state = match take(&self.shared, self.shared.state.lock()) {
                Ok(result) => return Poll::Ready(Some(result)),
                Err(state) if state.is_ended() && !state.is_busy() => return Poll::Ready(None),
                Err(state) => state,
            };
            let waker = context.waker();
            if state.wakers.iter().any(|known| known.will_wake(waker)) {
                return Poll::Pending;
            }
            match own.take() {
                Some(own) => {
                    state.wakers.push_back(own);
                    return Poll::Pending;
                }
                // Cloning runs code of the user, so not under the lock. After that the state has to be checked again.
                None => {
                    drop(state);
                    own = Some(waker.clone());
                }
            }
        }
    }

    /// Iterates over all results, as [`Engine::next`] gives them, until the engine is closed and empty. Several iterators
    /// share the results.
    pub fn results(&self) -> Results<'_> {
        Results(self)
    }
}

/// Takes the oldest batch that is ready, or returns the lock.
fn take<'a>(
    shared: &Arc<Shared>,
    mut state: MutexGuard<'a, State>,
) -> Result<BatchResult, MutexGuard<'a, State>> {
    let Some(ready) = state.ready.pop_front() else {
        return Err(state);
    };
    state.progress += 1;
    let Ready {
        batch,
        frames,
        outcome,
        record,
    } = ready;
    if outcome.is_ok() {
        state.leases.push((batch, Some(thread::current().id())));
        let leases = state.leases.len();
        let most = &mut state.statistics.leases_high_water;
        *most = leases.max(*most);
    }
    drop(state);
    // The task is consumed here.
    drop(record);
    Ok(match outcome {
        Ok(outputs) => Ok(OutputLease::new(shared, outputs, batch, frames)),
        Err(cause) => Err(BatchFailure {
            batch,
            frames,
            cause,
        }),
    })
}
