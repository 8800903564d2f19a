//! The states of the tasks of a run, shared with the workers of the device.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use pixelflume_device::ProcessBound;
use pixelflume_device::sync::Mutex;
use pixelflume_device::{TaskFailure, TaskObserver};
use pixelflume_graph::NodeId;

use crate::error::FailureCause;
use crate::profile::Times;
use crate::schedule::Schedule;

/// The states of the tasks of a run: one per task, reset for every run.
///
/// Failures are propagated at once: the thread that notices one marks all descendants as skipped, before the device starts
/// any work that waits for the failed task. When a task is about to start, all its predecessors have therefore finished
/// *and* have marked it, so one look at its own state decides; and a task without launches needs no turn of its own.
pub(crate) struct RunState {
    schedule: Schedule,
    /// The states by index of the node.
    tasks: Box<[Task]>,
    failures: ProcessBound<Mutex<Vec<(NodeId, FailureCause)>>>,
    pub(crate) times: Times,
}

struct Task {
    /// One of the constants below; for a skipped task with the rank of the failed one in the low half.
    state: AtomicU64,
    /// The number of launches that are not complete.
    remaining: AtomicU32,
}

const PENDING: u64 = 0;
const DONE: u64 = 1 << 32;
const FAILED: u64 = 2 << 32;
const SKIPPED: u64 = 3 << 32;
const KIND: u64 = !(u32::MAX as u64);

/// The state of a task, without causes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    Pending,
    Done,
    Failed,
    Skipped { because: NodeId },
}

impl RunState {
    pub(crate) fn new(schedule: &Schedule) -> Self {
        let task = || Task {
            state: AtomicU64::new(PENDING),
            remaining: AtomicU32::new(0),
        };
        RunState {
            schedule: schedule.clone(),
            tasks: (0..schedule.len()).map(|_| task()).collect(),
            failures: ProcessBound::default(),
            times: Times::default(),
        }
    }

    pub(crate) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Resets all tasks to pending, before a run. Only while nothing of the run before is on the device, and after its
    /// failures were taken.
    pub(crate) fn reset(&self) {
        for task in &self.tasks {
            task.state.store(PENDING, Ordering::Relaxed);
            task.remaining.store(0, Ordering::Relaxed);
        }
    }

    /// Marks tasks as done that had no launch to wait for and were not skipped, after a run of which nothing is left on
    /// the device.
    pub(crate) fn mark_done(&self) {
        for task in &self.tasks {
            // No other thread writes any more, so no exchange is needed.
            let idle = task.remaining.load(Ordering::Acquire) == 0;
            if idle && task.state.load(Ordering::Acquire) == PENDING {
                task.state.store(DONE, Ordering::Release);
            }
        }
    }

    /// Sets the number of launches of a task that will report, before its first launch is enqueued: 0 where the device reports
    /// none of them, because they cannot fail once they are enqueued.
    pub(crate) fn expect(&self, node: NodeId, launches: u32) {
        self.tasks[node.index()]
            .remaining
            .store(launches, Ordering::Release);
    }

    pub(crate) fn is_pending(&self, node: NodeId) -> bool {
        self.tasks[node.index()].state.load(Ordering::Acquire) == PENDING
    }

    pub(crate) fn mark(&self, node: NodeId) -> Mark {
        let state = self.tasks[node.index()].state.load(Ordering::Acquire);
        match state & KIND {
            PENDING => Mark::Pending,
            DONE => Mark::Done,
            FAILED => Mark::Failed,
            _ => {
                let rank = (state & !KIND) as usize;
                Mark::Skipped {
                    because: self.schedule.steps()[rank].node,
                }
            }
        }
    }

    /// Marks a task as failed and its descendants as skipped. Only the first failure of a task counts.
    #[cold]
    pub(crate) fn fail(&self, node: NodeId, cause: FailureCause) {
        let state = &self.tasks[node.index()].state;
        // Held while marking: of two failures the one with the lower rank is to win, in whichever order they come.
        let mut failures = self.failures.lock();
        if state
            .compare_exchange(PENDING, FAILED, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            return;
        }
        failures.push((node, cause));
        let skipped = SKIPPED | u64::from(self.schedule.rank(node));
        let mut open = self.schedule.successors(node).to_vec();
        while let Some(next) = open.pop() {
            // A task that is marked for an earlier failure has descendants that are marked for it too.
            let marked = self.tasks[next.index()].state.fetch_update(
                Ordering::AcqRel,
                Ordering::Acquire,
                |old| (old == PENDING || old & KIND == SKIPPED && old > skipped).then_some(skipped),
            );
            if marked.is_ok() {
                open.extend(self.schedule.successors(next));
            }
        }
    }

    /// Takes the failures of the run, in no order.
    pub(crate) fn take_failures(&self, mut each: impl FnMut(NodeId, FailureCause)) {
        for (node, cause) in self.failures.lock().drain(..) {
            each(node, cause);
        }
    }
}

impl Task {
    /// Completes a task after its last launch. A task that failed or is skipped stays so.
    fn finish(&self) {
        let _ = self
            .state
            .compare_exchange(PENDING, DONE, Ordering::AcqRel, Ordering::Relaxed);
    }
}

impl TaskObserver for RunState {
    fn name(&self, task: u32) -> String {
        let node = NodeId::from_index(task as usize);
        self.schedule.name(node).to_owned()
    }

    fn starting(&self, task: u32) -> bool {
        let starts = self.is_pending(NodeId::from_index(task as usize));
        if starts {
            self.times.started(task);
        }
        starts
    }

    fn finished(&self, task: u32, result: Result<(), TaskFailure>) {
        self.times.finished(task);
        let node = NodeId::from_index(task as usize);
        match result {
            Ok(()) => {
                let task = &self.tasks[node.index()];
                if task.remaining.fetch_sub(1, Ordering::AcqRel) == 1 {
                    task.finish();
                }
            }
            Err(failure) => self.fail(node, FailureCause::Execution(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume_graph::TaskGraph;

    fn state(len: usize, edges: &[(usize, usize)]) -> RunState {
        let mut graph = TaskGraph::new();
        let nodes: Vec<_> = (0..len)
            .map(|i| graph.add_node(format!("n{i}")).unwrap())
            .collect();
        for &(from, to) in edges {
            graph.add_edge(nodes[from], nodes[to]).unwrap();
        }
        RunState::new(&Schedule::new(&graph, 2).unwrap())
    }

    fn node(index: usize) -> NodeId {
        NodeId::from_index(index)
    }

    fn failure() -> TaskFailure {
        TaskFailure::new("broken")
    }

    #[test]
    fn the_earliest_failure_is_the_reason_in_either_order() {
        for order in [[0, 1], [1, 0]] {
            let state = state(5, &[(0, 2), (1, 2), (2, 3), (1, 4)]);
            for at in order {
                state.finished(at, Err(failure()));
            }
            assert_eq!(state.mark(node(2)), Mark::Skipped { because: node(0) });
            assert_eq!(state.mark(node(3)), Mark::Skipped { because: node(0) });
            assert_eq!(state.mark(node(4)), Mark::Skipped { because: node(1) });
            assert!(!state.starting(3));
        }
    }

    #[test]
    fn a_task_is_done_with_its_last_launch_and_fails_once() {
        let state = state(3, &[(0, 1)]);
        state.expect(node(0), 2);
        state.finished(0, Ok(()));
        assert_eq!(state.mark(node(0)), Mark::Pending);
        state.mark_done();
        assert_eq!(state.mark(node(0)), Mark::Pending, "a launch is still out");
        assert_eq!(state.mark(node(1)), Mark::Done, "no launch to wait for");
        state.finished(0, Ok(()));
        assert_eq!(state.mark(node(0)), Mark::Done);

        state.reset();
        state.expect(node(0), 2);
        state.finished(0, Err(failure()));
        assert!(
            !state.starting(0),
            "the second launch of a failed task does not run"
        );
        state.finished(0, Err(failure()));
        state.mark_done();
        assert_eq!(state.mark(node(0)), Mark::Failed);
        assert_eq!(state.mark(node(1)), Mark::Skipped { because: node(0) });
        assert_eq!(state.mark(node(2)), Mark::Done);
        let mut count = 0;
        state.take_failures(|_, _| count += 1);
        assert_eq!(count, 1);
    }
}
