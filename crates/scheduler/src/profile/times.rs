//! When tasks ran, on devices that report it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::now;

/// When each task of a run ran.
pub(crate) struct Times(Box<[TaskTime]>);

#[derive(Default)]
struct TaskTime {
    /// Start of the first launch and end of the last one; 0 where there was none.
    start: AtomicU64,
    end: AtomicU64,
}

impl Times {
    pub(crate) fn new(tasks: usize) -> Self {
        Times((0..tasks).map(|_| TaskTime::default()).collect())
    }

    pub(crate) fn reset(&self) {
        for task in &self.0 {
            task.start.store(0, Ordering::Relaxed);
            task.end.store(0, Ordering::Relaxed);
        }
    }

    /// Launches of a task run one after the other, so plain stores will do; the end of the run orders them before `of`.
    pub(crate) fn started(&self, task: u32) {
        let start = &self.0[task as usize].start;
        if start.load(Ordering::Relaxed) == 0 {
            start.store(now(), Ordering::Relaxed);
        }
    }

    pub(crate) fn finished(&self, task: u32) {
        self.0[task as usize].end.store(now(), Ordering::Relaxed);
    }

    /// Start and end on the clock of the process.
    pub(super) fn of(&self, task: usize) -> Option<(u64, u64)> {
        let time = &self.0[task];
        let (start, end) = (
            time.start.load(Ordering::Relaxed),
            time.end.load(Ordering::Relaxed),
        );
        (start > 0 && end >= start).then_some((start, end))
    }
}
