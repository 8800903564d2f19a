//! The ready queue: the completer of the rings, and the tasks that it has dispatched.
//!
//! One lock guards both. Nothing is called under it but the completer: a thread takes a task, works without the lock, and completes it.

use crate::credits::Credits;
use crate::error::JobError;
use crate::policy::Order;
use crate::position::Position;
use crate::results::Batch;
use crate::runs::Runs;
use crate::sink::{Report, Sink};
use crate::task::{BatchState, ItemState, Task};
use pixelflume_device::DeviceId;
use pixelflume_scheduler::rings::{Completer, Issue, TaskId, TaskOutcome};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// The results of a batch on their way into a sink: items are claimed one by one.
pub(crate) struct Sinking {
    pub(crate) batch: Arc<Batch>,
    /// The next item to be claimed; failures come behind the items.
    next: usize,
    /// Items that are claimed and not done.
    pub(crate) left: usize,
}

/// Work for a host thread.
pub(crate) enum HostWork {
    /// The headers of an item are to be read.
    Look(Arc<ItemState>),
    /// A task of the rings.
    Task(TaskId, Task),
    /// An item of a batch, by its number there, for the sink.
    Sink(Arc<dyn Sink>, Arc<Batch>, usize),
}

pub(crate) struct Board {
    completer: Completer<Task>,
    host: VecDeque<(TaskId, Task)>,
    /// Items whose headers are to be read.
    looks: VecDeque<Arc<ItemState>>,
    pub(crate) runs: Runs,
    /// Batches that are computed, by number, each with its task, which ends when the batch is taken.
    ready: BTreeMap<u64, (TaskId, Arc<BatchState>)>,
    /// The number of the next batch, in order.
    next: u64,
    order: Order,
    /// Parts of the batch that is being given.
    parts: VecDeque<Batch>,
    pub(crate) sink: Option<Arc<dyn Sink>>,
    sinking: VecDeque<Sinking>,
    pub(crate) report: Report,
    pub(crate) position: Position,
    /// Batches that are submitted and not computed.
    pub(crate) in_flight: u64,
    /// Whether the source is read to its end.
    pub(crate) is_read: bool,
    /// Whether all batches are submitted.
    pub(crate) is_admitted: bool,
    pub(crate) is_canceled: bool,
    /// Whether a thread of the job panicked: what it had to do is not done.
    pub(crate) is_abandoned: bool,
    /// The error that ends the job, behind what is ready.
    pub(crate) error: Option<JobError>,
    /// The threads that know it.
    told: HashSet<ThreadId>,
    /// The threads that wait for the next batch.
    pub(crate) waiting: Vec<ThreadId>,
}

/// What a pass over the ready queue made: threads to be woken, and tasks to be dropped without the lock.
#[derive(Default)]
pub(crate) struct Pumped {
    pub(crate) host: usize,
    pub(crate) device: bool,
    pub(crate) ready: bool,
    dropped: Vec<Task>,
}

impl Board {
    pub(crate) fn new(
        completer: Completer<Task>,
        devices: Vec<DeviceId>,
        order: Order,
        position: Position,
    ) -> Self {
        Board {
            completer,
            host: VecDeque::new(),
            looks: VecDeque::new(),
            runs: Runs::new(devices),
            ready: BTreeMap::new(),
            next: 0,
            order,
            parts: VecDeque::new(),
            sink: None,
            sinking: VecDeque::new(),
            report: Report::default(),
            position,
            in_flight: 0,
            is_read: false,
            is_admitted: false,
            is_canceled: false,
            is_abandoned: false,
            error: None,
            told: HashSet::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether nothing more comes for the caller.
    pub(crate) fn is_over(&self) -> bool {
        let is_computed = self.is_admitted && self.in_flight == 0;
        let is_taken = self.ready.is_empty() && self.parts.is_empty();
        (is_computed && is_taken || self.is_canceled) && self.sinking.is_empty()
            || self.is_abandoned
    }

    /// Whether the threads have nothing more to do.
    pub(crate) fn is_finished(&self) -> bool {
        // Nobody waits for what a source gives after the job was canceled.
        let is_fed = (self.is_read || self.is_canceled) && self.is_admitted;
        is_fed && self.is_over() && self.completer.unreleased() == 0 || self.is_abandoned
    }

    /// Ends a task.
    pub(crate) fn complete(&mut self, task: TaskId, outcome: TaskOutcome) {
        if let Err(error) = self.completer.complete(task, outcome) {
            tracing::error!(%error, "a task of a job was completed out of turn");
        }
    }

    /// Ends the execution of a batch.
    pub(crate) fn complete_run(&mut self, device: usize, task: TaskId) {
        self.in_flight -= 1;
        self.runs.complete(device);
        self.complete(task, TaskOutcome::Succeeded);
    }

    /// Whether this task has results that cannot be taken before those of an earlier batch.
    pub(crate) fn is_held_back(&self, task: TaskId) -> bool {
        !self.has_ready() && self.ready.values().any(|&(ready, _)| ready == task)
    }

    /// Dispatches every task that is ready.
    pub(crate) fn pump(&mut self) -> Pumped {
        let mut pumped = Pumped::default();
        loop {
            let (id, task) = match self.completer.issue_next() {
                None => return pumped,
                // It depends on a task that failed, whose failure its item has.
                Some(Issue::Skipped(_, task)) => {
                    pumped.dropped.push(task);
                    continue;
                }
                Some(Issue::Issued(id, task)) => (id, task),
            };
            match task {
                Task::Run(batch) => {
                    self.runs.put(id, batch);
                    pumped.device = true;
                }
                Task::Deliver(batch) => {
                    if self.is_canceled {
                        self.complete(id, TaskOutcome::Failed);
                        pumped.dropped.push(Task::Deliver(batch));
                    } else {
                        self.ready.insert(batch.number, (id, batch));
                    }
                    pumped.ready = true;
                }
                Task::Brought | Task::Counted => self.complete(id, TaskOutcome::Succeeded),
                task => {
                    self.host.push_back((id, task));
                    pumped.host += 1;
                }
            }
        }
    }

    /// Takes the next task for a host thread: results into the sink before anything else, since that frees the most.
    pub(crate) fn host_work(&mut self) -> Option<HostWork> {
        if let Some(sink) = self.sink.clone() {
            loop {
                let claimable = self
                    .sinking
                    .iter_mut()
                    .find(|sinking| sinking.next < sinking.all());
                if let Some(sinking) = claimable {
                    sinking.next += 1;
                    return Some(HostWork::Sink(
                        sink,
                        Arc::clone(&sinking.batch),
                        sinking.next - 1,
                    ));
                }
                let Some(batch) = self.take_ready() else {
                    break;
                };
                self.begin_sinking(batch);
            }
        }
        // Headers before the rest: without them nothing more is admitted.
        if let Some(item) = self.looks.pop_front() {
            return Some(HostWork::Look(item));
        }
        self.host
            .pop_front()
            .map(|(id, task)| HostWork::Task(id, task))
    }

    /// Has the headers of an item read.
    pub(crate) fn look(&mut self, item: Arc<ItemState>) {
        self.looks.push_back(item);
    }

    fn begin_sinking(&mut self, batch: Batch) {
        let sinking = Sinking {
            batch: Arc::new(batch),
            next: 0,
            left: 0,
        };
        let left = sinking.all();
        self.sinking.push_back(Sinking { left, ..sinking });
    }

    /// Notes that an item is through the sink. Returns the batch when all of its items are: to be dropped without the lock.
    pub(crate) fn sunk(&mut self, batch: &Arc<Batch>) -> Option<Arc<Batch>> {
        let at = self
            .sinking
            .iter()
            .position(|sinking| Arc::ptr_eq(&sinking.batch, batch))?;
        self.sinking[at].left -= 1;
        if self.sinking[at].left > 0 {
            return None;
        }
        self.sinking.remove(at).map(|sinking| sinking.batch)
    }

    /// Takes out what was not taken: to be dropped by the caller, without the lock.
    pub(crate) fn cancel(&mut self) -> impl Sized + use<> {
        self.is_canceled = true;
        let ready = std::mem::take(&mut self.ready);
        for &(task, _) in ready.values() {
            self.complete(task, TaskOutcome::Failed);
        }
        for sinking in &mut self.sinking {
            sinking.left -= sinking.all() - sinking.next;
            sinking.next = sinking.all();
        }
        let (ended, going_on) = std::mem::take(&mut self.sinking)
            .into_iter()
            .partition::<VecDeque<_>, _>(|sinking| sinking.left == 0);
        self.sinking = going_on;
        let looks = std::mem::take(&mut self.looks);
        (ready, std::mem::take(&mut self.parts), ended, looks)
    }

    /// Whether the next result is there.
    pub(crate) fn has_ready(&self) -> bool {
        !self.parts.is_empty()
            || match self.order {
                Order::Kept => self.ready.contains_key(&self.next),
                Order::Unordered => !self.ready.is_empty(),
            }
    }

    /// Takes the next results that are there.
    pub(crate) fn take_ready(&mut self) -> Option<Batch> {
        if self.parts.is_empty() {
            let number = match self.order {
                Order::Kept => self.next,
                Order::Unordered => *self.ready.keys().next()?,
            };
            let (task, batch) = self.ready.remove(&number)?;
            self.next = number + 1;
            self.complete(task, TaskOutcome::Succeeded);
            self.parts.extend(batch.take());
        }
        self.parts.pop_front()
    }

    /// Notes that the items of a batch are no longer to be given.
    pub(crate) fn note_taken(&mut self, batch: &Batch) {
        let failed = batch.failures.iter().map(|failure| &failure.item);
        for item in batch.items.iter().chain(failed) {
            self.position.take(item.sequence);
        }
    }

    /// The error that ends the job, once for each thread.
    pub(crate) fn tell(&mut self) -> Option<JobError> {
        let error = self.error.clone()?;
        self.told.insert(thread::current().id()).then_some(error)
    }

    /// The number of the next batch in order.
    pub(crate) fn next(&self) -> Option<u64> {
        (self.order == Order::Kept).then_some(self.next)
    }

    /// The number of batches that the calling thread holds, where the threads that wait would wait for themselves: a device waits until
    /// they drop some, and no other device gives the next batch.
    pub(crate) fn held_by_caller(&self, credits: &[Arc<Credits>]) -> Option<usize> {
        let held = credits
            .iter()
            .map(|credits| credits.held_by_caller(self.next(), &self.waiting));
        let held: Vec<Option<usize>> = held.collect();
        let mut others = (0..held.len()).filter(|&device| held[device].is_none());
        let may_give = |device: usize| self.runs.may_give(device, self.next());
        let sum = held.iter().flatten().sum();
        (held.iter().any(Option::is_some) && !others.any(may_give)).then_some(sum)
    }
}

impl Sinking {
    fn all(&self) -> usize {
        // One that has nothing is claimed once, so that it comes to its end.
        (self.batch.items.len() + self.batch.failures.len()).max(1)
    }
}
