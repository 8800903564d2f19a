//! Bounds the results that are out: computed, ready, or held by the caller.

use crate::policy::{behind, most_out};
use pixelflume_device::ProcessBound;
use pixelflume_device::sync::{Condvar, Mutex};
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// The results that one device may have out: those that it computes and that wait to be taken, and those that the
/// caller holds.
///
/// The next batch in order gets one unless the caller holds more than [`HELD`](crate::policy::HELD): batches behind it, which may be computed before it,
/// use at most [`behind`] of them.
#[derive(Debug)]
pub(crate) struct Credits {
    state: Mutex<CreditState>,
    changed: Condvar,
}

#[derive(Debug)]
struct CreditState {
    /// How many may be out, and how many of batches behind the next one in order.
    most: usize,
    behind: usize,
    used: usize,
    /// Those of batches that were taken and are held.
    taken: usize,
    /// The next batch in order. Batches up to it may use all.
    next: u64,
    /// The batch for which a thread waits.
    waiting: Option<u64>,
    /// Changes when another batch may be the first of the queue.
    queued: u64,
    ended: bool,
    /// The batches that threads took and hold.
    held: HashMap<ThreadId, usize>,
}

/// One of the results that may be out, until it is dropped.
#[derive(Debug)]
pub(crate) struct Credit {
    credits: ProcessBound<Arc<Credits>>,
    is_taken: bool,
    holder: Option<ThreadId>,
}

/// The outcome of a wait for a credit.
pub(crate) enum Waited {
    Given(Credit),
    /// Another batch may be the first of the queue.
    Queued,
    /// Waits were ended.
    Ended,
}

impl CreditState {
    fn is_free(&self, batch: u64) -> bool {
        let is_behind = batch > self.next && self.used - self.taken >= self.behind;
        self.used < self.most && !is_behind && !self.ended
    }
}

impl Credits {
    /// Those of a device whose engines have so many lanes. Where batches come in no order, `next` is the largest number.
    pub(crate) fn new(next: u64, lanes: usize) -> Arc<Self> {
        let state = CreditState {
            most: most_out(lanes),
            behind: behind(lanes),
            used: 0,
            taken: 0,
            next,
            waiting: None,
            queued: 0,
            ended: false,
            held: HashMap::new(),
        };
        Arc::new(Credits {
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    /// The number of changes of the queue so far.
    pub(crate) fn queued(&self) -> u64 {
        self.state.lock().queued
    }

    /// Waits until one is free for this batch, which is the first of the queue since it has changed `queued` times. `stuck` is called
    /// before a wait, without the lock.
    pub(crate) fn take(self: &Arc<Self>, batch: u64, queued: u64, stuck: impl FnOnce()) -> Waited {
        let mut state = self.state.lock();
        if !state.is_free(batch) && !state.ended && state.queued == queued {
            state.waiting = Some(batch);
            drop(state);
            stuck();
            state = self.state.lock();
            while !state.is_free(batch) && !state.ended && state.queued == queued {
                self.changed.wait(&mut state);
            }
            state.waiting = None;
        }
        match state.ended {
            true => Waited::Ended,
            false if state.queued != queued => Waited::Queued,
            false => Waited::Given(self.given(&mut state)),
        }
    }

    /// Takes one if one is free for this batch.
    pub(crate) fn try_take(self: &Arc<Self>, batch: u64) -> Option<Credit> {
        let mut state = self.state.lock();
        state.is_free(batch).then(|| self.given(&mut state))
    }

    fn given(self: &Arc<Self>, state: &mut CreditState) -> Credit {
        state.used += 1;
        Credit {
            credits: ProcessBound::new(Arc::clone(self)),
            is_taken: false,
            holder: None,
        }
    }

    /// Notes the next batch in order.
    pub(crate) fn set_next(&self, next: u64) {
        let mut state = self.state.lock();
        state.next = state.next.max(next);
        drop(state);
        self.changed.notify_all();
    }

    /// Notes that another batch may be the first of the queue.
    pub(crate) fn requeue(&self) {
        let mut state = self.state.lock();
        state.queued += 1;
        // The thread that waits looks again which batch it waits for.
        state.waiting = None;
        drop(state);
        self.changed.notify_all();
    }

    /// Ends all waits, for good.
    pub(crate) fn end(&self) {
        self.state.lock().ended = true;
        self.changed.notify_all();
    }

    /// Where a device waits for this batch, or for any, and the threads that wait for its results hold all that were taken: how many of
    /// these the calling thread holds.
    pub(crate) fn held_by_caller(&self, batch: Option<u64>, waiting: &[ThreadId]) -> Option<usize> {
        let state = self.state.lock();
        let held_by = |thread: &ThreadId| state.held.get(thread).copied().unwrap_or(0);
        let held: usize = waiting.iter().map(held_by).sum();
        let own = held_by(&thread::current().id());
        let waits = match batch {
            Some(batch) => state.waiting == Some(batch),
            None => state.waiting.is_some() && state.used == state.taken,
        };
        (waits && state.used >= state.most && state.taken == held && !state.ended).then_some(own)
    }
}

impl Credit {
    /// Notes that the calling thread holds the results.
    pub(crate) fn hold(&mut self) {
        let thread = thread::current().id();
        (self.is_taken, self.holder) = (true, Some(thread));
        let mut state = self.credits.state.lock();
        state.taken += 1;
        *state.held.entry(thread).or_default() += 1;
        drop(state);
        self.credits.changed.notify_all();
    }

    /// Notes that another thread will drop the results.
    pub(crate) fn detach(&mut self) {
        if ProcessBound::is_inherited(&self.credits) {
            return;
        }
        let mut state = self.credits.state.lock();
        forget(&mut state, self.holder.take());
    }
}

fn forget(state: &mut CreditState, holder: Option<ThreadId>) {
    let Some(thread) = holder else { return };
    if let Some(held) = state.held.get_mut(&thread) {
        *held -= 1;
        if *held == 0 {
            state.held.remove(&thread);
        }
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        // In a forked child nobody waits, and the lock may be held by a thread that does not exist there.
        if ProcessBound::is_inherited(&self.credits) {
            return;
        }
        let mut state = self.credits.state.lock();
        state.used -= 1;
        state.taken -= usize::from(self.is_taken);
        forget(&mut state, self.holder.take());
        drop(state);
        self.credits.changed.notify_all();
    }
}
