//! Times of tasks, on devices that report them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::clock::now;

/// The times of the tasks of a run. Off, and without memory, until a run is traced.
#[derive(Default)]
pub(crate) struct Times {
    is_on: AtomicBool,
    /// The times by index of the node.
    tasks: OnceLock<Box<[TaskTime]>>,
}

#[derive(Default)]
struct TaskTime {
    /// Start of the first launch and end of the last one; 0 where there was none.
    start: AtomicU64,
    end: AtomicU64,
}

impl Times {
    /// Prepares for a run, while no earlier run is on the device: clears the times of `tasks` tasks, or turns the times
    /// off.
    pub(super) fn begin(&self, is_on: bool, tasks: usize) {
        // Workers read the flag for every launch; it is written only where it changes, so that their caches keep it.
        if self.is_on.load(Ordering::Relaxed) != is_on {
            self.is_on.store(is_on, Ordering::Relaxed);
        }
        if !is_on {
            return;
        }
        let tasks = self
            .tasks
            .get_or_init(|| (0..tasks).map(|_| TaskTime::default()).collect());
        for task in tasks {
            task.start.store(0, Ordering::Relaxed);
            task.end.store(0, Ordering::Relaxed);
        }
    }

    /// Notes that a launch of a task starts. Launches of a task run one after the other, so plain stores will do; the
    /// end of the run orders them before `of`.
    #[inline]
    pub(crate) fn started(&self, task: u32) {
        if self.is_on.load(Ordering::Relaxed) {
            self.note_start(task);
        }
    }

    /// Notes that a launch of a task has ended.
    #[inline]
    pub(crate) fn finished(&self, task: u32) {
        if self.is_on.load(Ordering::Relaxed) {
            self.note_end(task);
        }
    }

    fn task(&self, task: u32) -> Option<&TaskTime> {
        self.tasks.get()?.get(task as usize)
    }

    #[cold]
    fn note_start(&self, task: u32) {
        if let Some(task) = self.task(task)
            && task.start.load(Ordering::Relaxed) == 0
        {
            task.start.store(now(), Ordering::Relaxed);
        }
    }

    #[cold]
    fn note_end(&self, task: u32) {
        if let Some(task) = self.task(task) {
            task.end.store(now(), Ordering::Relaxed);
        }
    }

    /// The start and the end of the task with this node index, on the clock of the process.
    pub(super) fn of(&self, node: usize) -> Option<(u64, u64)> {
        let time = self.tasks.get()?.get(node)?;
        let (start, end) = (
            time.start.load(Ordering::Relaxed),
            time.end.load(Ordering::Relaxed),
        );
        (start > 0 && end >= start).then_some((start, end))
    }
}
