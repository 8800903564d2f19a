//! Waiting for tasks without the completer.

use super::core::Core;
use super::sync::Arc;
use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The gate at which threads wait for tasks while none of them keeps the completer that they share.
///
/// ```
/// use pixelflume_scheduler::rings::{self, Issue, Request, RingConfig, TaskOutcome};
/// use std::{ops::ControlFlow, sync::Mutex, time::Duration};
///
/// let (submitter, completer) = rings::open::<u64>(&RingConfig::new().task_window(4))?;
/// let work = completer.work_gate();
/// let completer = Mutex::new(completer);
/// let take = || {
///     let mut completer = completer.lock().unwrap();
///     loop {
///         match completer.issue_next() {
///             Some(Issue::Issued(task, number)) => return ControlFlow::Break(Some((task, number))),
///             Some(Issue::Skipped(..)) => {} // It has failed with a producer.
///             None if work.is_closed() && completer.unreleased() == 0 => return ControlFlow::Break(None),
///             None => return ControlFlow::Continue(()),
///         }
///     }
/// };
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             while let Some(Some((task, number))) = work.wait_until(Duration::MAX, take) {
///                 assert!(number < 100); // the work, without the lock
///                 completer.lock().unwrap().complete(task, TaskOutcome::Succeeded).unwrap();
///             }
///         });
///     }
///     for number in 0..100 {
///         submitter.submit(&Request::default(), |_| number).unwrap();
///     }
///     submitter.close();
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WorkGate {
    core: Arc<Core>,
}

impl WorkGate {
    pub(super) fn new(core: Arc<Core>) -> Self {
        WorkGate { core }
    }

    /// Calls `attempt` until it breaks, and returns its value: at once, after each submit, after each release that makes a task
    /// ready, after the close, and after each release once the rings are closed. `None` when it has not broken within `limit`.
    /// `attempt` locks the completer; it must not keep the lock, nor go on waiting before [`Completer::issue_next`](super::Completer::issue_next)
    /// has given `None`.
    pub fn wait_until<T>(
        &self,
        limit: Duration,
        mut attempt: impl FnMut() -> ControlFlow<T>,
    ) -> Option<T> {
        // Mostly there is work: then nobody has to know of a waiter.
        if let ControlFlow::Break(value) = attempt() {
            return Some(value);
        }
        let begun = Instant::now();
        let mut waiter = self.core.work.enter();
        loop {
            if let ControlFlow::Break(value) = attempt() {
                return Some(value);
            }
            waiter.park(limit.checked_sub(begun.elapsed())?);
        }
    }

    /// Whether the rings are closed: nothing is submitted any more, and what was submitted still runs.
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }
}

impl fmt::Debug for WorkGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkGate").finish_non_exhaustive()
    }
}
