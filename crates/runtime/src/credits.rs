//! Bounds the results that are out: computed, ready, or held by the caller.

use pixelflume_device::ProcessBound;
use pixelflume_device::sync::{Condvar, Mutex};
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// The results that one device may have out at a time.
#[derive(Debug, Default)]
pub(crate) struct Credits {
    state: Mutex<CreditState>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct CreditState {
    most: usize,
    used: usize,
    /// Whether a thread waits for one.
    waiting: bool,
    ended: bool,
    /// The batches that threads took and hold.
    held: HashMap<ThreadId, usize>,
}

/// One of the results that may be out, until it is dropped.
#[derive(Debug)]
pub(crate) struct Credit {
    credits: ProcessBound<Arc<Credits>>,
    holder: Option<ThreadId>,
}

impl Credits {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let credits = Credits::default();
        credits.state.lock().most = most;
        Arc::new(credits)
    }

    /// Waits until one is free. `None` when the waits were ended. `stuck` is called before a wait, without the lock.
    pub(crate) fn take(self: &Arc<Self>, stuck: impl FnOnce()) -> Option<Credit> {
        let mut state = self.state.lock();
        if state.used >= state.most && !state.ended {
            state.waiting = true;
            drop(state);
            stuck();
            state = self.state.lock();
            while state.used >= state.most && !state.ended {
                self.freed.wait(&mut state);
            }
            state.waiting = false;
        }
        if state.ended {
            return None;
        }
        state.used += 1;
        Some(Credit {
            credits: ProcessBound::new(Arc::clone(self)),
            holder: None,
        })
    }

    /// Takes one if one is free.
    pub(crate) fn try_take(self: &Arc<Self>) -> Option<Credit> {
        let mut state = self.state.lock();
        let is_free = state.used < state.most && !state.ended;
        state.used += usize::from(is_free);
        is_free.then(|| Credit {
            credits: ProcessBound::new(Arc::clone(self)),
            holder: None,
        })
    }

    /// Ends all waits, for good.
    pub(crate) fn end(&self) {
        self.state.lock().ended = true;
        self.freed.notify_all();
    }

    /// Where a thread waits and all are used: how many the calling thread holds, and how many are used.
    pub(crate) fn waited_for(&self) -> Option<(usize, usize)> {
        let state = self.state.lock();
        let held = state.held.get(&thread::current().id());
        (state.waiting && state.used >= state.most && !state.ended)
            .then(|| (held.copied().unwrap_or(0), state.used))
    }
}

impl Credit {
    /// Notes that the calling thread holds the results.
    pub(crate) fn hold(&mut self) {
        let thread = thread::current().id();
        self.holder = Some(thread);
        *self.credits.state.lock().held.entry(thread).or_default() += 1;
    }

    /// Whether it is one of these.
    pub(crate) fn is_of(&self, credits: &Arc<Credits>) -> bool {
        Arc::ptr_eq(&self.credits, credits)
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
        forget(&mut state, self.holder.take());
        drop(state);
        self.credits.freed.notify_all();
    }
}
