//! The completer: it issues tasks, ends them, and owns `last_released`.

use super::core::Shared;
use super::record::{NO_EDGE, field, set, set_small, small};
use super::sync::{Arc, Ordering};
use super::{CompleteError, Progress, StaleHandle, TaskId, WorkGate, exports};
use std::collections::VecDeque;

/// The count of producers of a task that was canceled, so that its remaining producers do not
/// matter anymore.
const CANCELLED: u32 = u32::MAX;

/// The end of a task: success or failure.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum TaskOutcome {
    /// The outputs of the task are valid.
    Succeeded,
    /// The outputs are not valid: the task failed, or one that it depends on.
    Failed,
}

/// A task whose producers have all ended, with its descriptor.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Issue<D> {
    /// The task is to be executed. [`Completer::complete`] is due when its work is done.
    Issued(TaskId, D),
    /// A producer has failed: the task is released as failed, and is not to be executed.
    Skipped(TaskId, D),
}

/// The side of the rings that issues and completes tasks. Dropping it closes the rings, since nothing would ever move again.
///
/// Several threads can serve the tasks: each locks the completer to take a ready one, works without the lock, and locks it again
/// to complete the task; [`WorkGate`] is where they wait. Tasks that do not depend on each other may end in any order.
///
/// The completer alone changes the state of tasks, links and walks the lists of consumers, and writes `last_released`.
pub struct Completer<D> {
    shared: Arc<Shared<D>>,
    /// Tasks with a smaller number are linked to their producers.
    ingested: u64,
    released: u64,
    /// For each main slot, the number of producers that the task still waits for.
    pending: Box<[u32]>,
    /// Tasks that wait for no producer, oldest first. A task is in it at most once, so it never grows beyond the
    /// window.
    ready: VecDeque<u64>,
}

impl<D> Completer<D> {
    pub(super) fn new(shared: Arc<Shared<D>>) -> Self {
        let config = &shared.core.config;
        let (first, window) = (config.first_task, config.task_window.value as usize);
        Completer {
            shared,
            ingested: first,
            released: first,
            pending: vec![0; window].into(),
            ready: VecDeque::with_capacity(window),
        }
    }

    /// Takes a task that waits for no producer: first those whose last producer was just released, so that what was begun comes
    /// to its end, then the others in the order of submission. `None` when there is none.
    pub fn issue_next(&mut self) -> Option<Issue<D>> {
        let core = &*self.shared.core;
        if self.ready.is_empty() {
            let submitted = core.submitted.load(Ordering::Acquire);
            while self.ready.is_empty() && self.ingested != submitted {
                self.ingest();
            }
        }
        let id = self.ready.pop_front()?;
        let descriptor = self.shared.descriptor(id).take();
        let descriptor = descriptor.expect("a task has its descriptor until it is issued");
        let core = &*self.shared.core;
        if core.status(id).is_some_and(|status| status.failed) {
            self.finish(id, Progress::Pending, true);
            return Some(Issue::Skipped(TaskId(id), descriptor));
        }
        core.record(id).word.issue();
        Some(Issue::Issued(TaskId(id), descriptor))
    }

    /// Ends a task whose work is done: tells its consumers, drops the references to its producers, frees its edges, and
    /// advances `last_released` as far as possible. Tasks may end in any order.
    pub fn complete(&mut self, task: TaskId, outcome: TaskOutcome) -> Result<(), CompleteError> {
        let status = self.shared.core.status(task.0);
        let status = status.ok_or(StaleHandle { task })?;
        if status.state != Progress::Issued {
            return Err(CompleteError::NotIssued { task, status });
        }
        self.finish(task.0, Progress::Issued, outcome == TaskOutcome::Failed);
        Ok(())
    }

    /// Ends all tasks that are not issued yet, as failed, drops their descriptors, and returns how many. Issued tasks go on.
    pub fn cancel_pending(&mut self) -> u64 {
        let submitted = self.shared.core.submitted.load(Ordering::Acquire);
        while self.ingested != submitted {
            self.ingest();
        }
        let mut cancelled = 0;
        let mut id = self.released;
        while id != self.ingested {
            let status = self.shared.core.status(id);
            if status.is_some_and(|status| status.state == Progress::Pending) {
                let slot = id as usize & (self.pending.len() - 1);
                self.pending[slot] = CANCELLED;
                self.finish(id, Progress::Pending, true);
                cancelled += 1;
            }
            id = id.wrapping_add(1);
        }
        self.ready.clear();
        cancelled
    }

    /// The gate at which threads that share the completer through a lock wait for tasks.
    pub fn work_gate(&self) -> WorkGate {
        WorkGate::new(Arc::clone(&self.shared.core))
    }

    /// The number of tasks that were submitted and are not released.
    pub fn unreleased(&self) -> u64 {
        let submitted = self.shared.core.submitted.load(Ordering::Acquire);
        submitted.wrapping_sub(self.released)
    }

    /// Links the next published task to the producers that it waits for, and takes over the failure of those that are over.
    fn ingest(&mut self) {
        let core = &*self.shared.core;
        let id = self.ingested;
        let (record, header) = (core.record(id), core.header(id));
        set_small(&record.fanout, NO_EDGE);
        let mut pending = 0;
        for number in field(&header.edges_begin)..field(&header.edges_end) {
            let edge = core.edge(number);
            let producer = field(&edge.producer);
            let Some(status) = core.status(producer) else {
                continue; // Cannot be: the task holds its producers.
            };
            if status.state == Progress::Released {
                if status.failed && edge.passes_failure() {
                    record.word.fail();
                }
                continue;
            }
            let fanout = &core.record(producer).fanout;
            set(&edge.consumer, id);
            set_small(&edge.next, small(fanout));
            set_small(fanout, core.edge_index(number));
            pending += 1;
        }
        self.pending[id as usize & (self.pending.len() - 1)] = pending;
        if pending == 0 {
            self.ready.push_back(id);
        }
        self.ingested = id.wrapping_add(1);
    }

    /// Changes a task from pending or issued to released. The order matters: whatever reads the slot comes before the
    /// release, and the release before the watermark.
    fn finish(&mut self, id: u64, from: Progress, failed: bool) {
        let core = &*self.shared.core;
        let (record, header) = (core.record(id), core.header(id));
        if failed {
            record.word.fail();
        }
        let was_ready = self.ready.len();
        let mut next = small(&record.fanout);
        while next != NO_EDGE {
            let edge = &core.edges[next as usize];
            next = small(&edge.next);
            let consumer = field(&edge.consumer);
            if failed && edge.passes_failure() {
                core.record(consumer).word.fail();
            }
            one_producer_less(&mut self.pending, &mut self.ready, consumer);
        }
        // There is one only where the task was cancelled.
        drop(self.shared.descriptor(id).take());
        for number in field(&header.edges_begin)..field(&header.edges_end) {
            core.unclaim(field(&core.edge(number).producer));
        }
        let export = small(&record.export);
        if export != exports::NONE {
            core.exports.finish(export, failed);
        }
        if record.word.release(from) {
            core.consumed(export);
        }

        // To the last task that was seen, and not to this one: later tasks may have ended before it.
        let before = self.released;
        while self.released != self.ingested {
            let status = core.status(self.released);
            if status.is_none_or(|status| status.state != Progress::Released) {
                break;
            }
            self.released = self.released.wrapping_add(1);
        }
        if self.released != before {
            core.released.store(self.released, Ordering::Release);
        }
        core.progress.notify();
        // Who waits at the gate for tasks looks for the end of closed rings as well.
        if self.ready.len() > was_ready || core.is_closed() {
            core.work.notify();
        }
    }
}

/// Notes that one producer of `consumer` is released; the last one makes it ready.
fn one_producer_less(pending: &mut [u32], ready: &mut VecDeque<u64>, consumer: u64) {
    let slot = consumer as usize & (pending.len() - 1);
    if pending[slot] == CANCELLED {
        return;
    }
    pending[slot] -= 1;
    if pending[slot] == 0 {
        ready.push_back(consumer);
    }
}

impl<D> Drop for Completer<D> {
    fn drop(&mut self) {
        self.shared.core.close();
    }
}
