//! Taking results, in the order of submission.

use super::batch::Ready;
use super::shared::Shared;
use super::state::State;
use super::{BatchFailure, Engine, OutputLease};
use parking_lot::MutexGuard;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

/// What became of a batch.
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
    /// The next batch in the order of submission, as soon as it is done; waits for it, also where nothing was submitted yet.
    /// `None` when the engine is closed or has stopped, and every batch was taken.
    ///
    /// The thread that takes a lease is taken for the one that drops it: see [`OutputLease::detach`].
    pub fn next(&self) -> Option<BatchResult> {
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

    /// Like [`Engine::next`], but `None` as well where nothing is submitted that was not taken: for a thread that submits
    /// and takes in turn.
    pub fn next_submitted(&self) -> Option<BatchResult> {
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

    /// The next batch, if it is done.
    pub fn try_next(&self) -> Option<BatchResult> {
        take(&self.shared, self.shared.state.lock()).ok()
    }

    /// Like [`Engine::next`], for async runtimes: where it is not done, the waker is called when something has changed.
    /// With this, `std::future::poll_fn(|context| engine.poll_next(context))` is a future.
    ///
    /// The waker is called by the engine's thread, or by the one that closes the engine, under no lock. A panic in it is
    /// logged, and the others are called all the same.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<BatchResult>> {
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
                // Cloning is code of the user's: not under the lock. Then what there is has to be looked at again.
                None => {
                    drop(state);
                    own = Some(waker.clone());
                }
            }
        }
    }

    /// All results, as [`Engine::next`] gives them, until the engine is closed and empty. Several iterators share them.
    pub fn results(&self) -> Results<'_> {
        Results(self)
    }
}

/// Takes the oldest batch that is ready, or gives the lock back.
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
    Ok(match outcome {
        // The task is consumed here, unless rings with one lifetime are to be shown.
        Ok(outputs) => {
            let record = shared.config.one_lifetime.then_some(record);
            Ok(OutputLease::new(shared, outputs, record, batch, frames))
        }
        Err(cause) => Err(BatchFailure {
            batch,
            frames,
            cause,
        }),
    })
}
