//! The thread that admits items, with the memory that they will take, and forms batches.

use crate::ahead::Next;
use crate::error::{Failure, ItemError, JobError};
use crate::groups::{Group, GroupKey, Room};
use crate::item_tasks::{budget_of, submit_item};
use crate::policy::{MOST_BEHIND, MOST_OPEN, Order};
use crate::shared::Shared;
use crate::task::{BatchState, ItemState, Looked, Task};
use pixelflume_pipeline::engine::EngineSource;
use pixelflume_scheduler::rings::{self, BatchBudget, Request, SubmitError, TaskId, TaskLease};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The tasks that a batch has beside those of its items: its run and its delivery.
const OF_A_BATCH: BatchBudget = BatchBudget {
    tasks: 2,
    main_slots: 2,
    transient_bytes: 0,
    largest_transient: 0,
    exported_bytes: 0,
};

/// Admits all items of the source.
pub(crate) fn admit_items(shared: &Shared) {
    let mut admission = Admission {
        shared,
        age: shared.effective.batch_age.value.0,
        order: shared.effective.order.value,
        groups: Vec::new(),
        next: 0,
        newest: 0,
        spare: None,
    };
    if let Err(error) = admission.run()
        && !shared.is_canceled()
    {
        tracing::error!(%error, "the rings of a job refused a batch");
        shared.fail(JobError::Refused(error.to_string().into()));
        shared.cancel();
    }
    // What was not admitted lets go of the rings, so that all of their tasks end.
    drop(admission);
    shared.ahead.end();
    shared.ahead.clear();
    shared.admitted();
}

struct Admission<'a> {
    shared: &'a Shared,
    /// When a batch is closed that is not full.
    age: Option<Duration>,
    order: Order,
    /// Batches that are being filled, the oldest first.
    groups: Vec<Group>,
    /// The number of the next batch.
    next: u64,
    /// The newest batch that was submitted.
    newest: u64,
    /// What is set aside for the next batch.
    spare: Option<rings::Batch<Task>>,
}

impl Admission<'_> {
    fn run(&mut self) -> Result<(), SubmitError> {
        let shared = self.shared;
        let mut ready = VecDeque::new();
        'items: loop {
            // Before it is asked which devices have batches to take.
            let turns = shared.ahead.turns();
            self.close_late()?;
            match shared.ahead.next(&mut ready, self.deadline(), turns) {
                Next::Items => {
                    while let Some(item) = ready.pop_front() {
                        let admitted = self.admit(&item);
                        let goes_on = shared.ahead.admitted(item.bytes);
                        admitted?;
                        if !goes_on {
                            break 'items;
                        }
                    }
                }
                Next::Late => {}
                Next::End => break,
            }
        }
        while !self.groups.is_empty() {
            self.close(0, false)?;
        }
        Ok(())
    }

    /// Admits an item: alone if it has failed already.
    fn admit(&mut self, item: &Arc<ItemState>) -> Result<(), SubmitError> {
        match item.looked.get() {
            Some(Ok(looked)) => match self.group_of(looked, item) {
                Ok((key, room)) => self.admit_to(item, looked, key, room),
                Err(error) => self.fail_alone(item, error),
            },
            Some(Err(error)) => self.fail_alone(item, error.clone()),
            None => Ok(()),
        }
    }

    /// The kind of batch that the item can be part of, and what it takes there.
    fn group_of(&self, looked: &Looked, item: &ItemState) -> Result<(GroupKey, Room), ItemError> {
        let devices = &self.shared.devices;
        let own = |id| {
            devices
                .iter()
                .find(|device| device.factory.memory().device().id() == id)
        };
        let device = looked.device.and_then(own).unwrap_or(&devices[0]);
        let factory = &device.factory;
        // Operators of the user are asked.
        let asked = catch_unwind(AssertUnwindSafe(|| match looked.is_on_device {
            true => (
                factory.tensor_batching(&looked.shapes),
                factory.max_tensor_frames(&looked.shapes),
            ),
            false => (
                factory.batching(&looked.shapes),
                factory.max_frames(&looked.shapes),
            ),
        }));
        let Ok((batching, most)) = asked else {
            return Err(ItemError::Panicked("an operator"));
        };
        let room = Room::new(&batching, most as usize);
        let key = GroupKey {
            batch: batching.key,
            is_on_device: looked.is_on_device,
            device: looked.device,
            epoch: item.info.epoch,
        };
        Ok((key, room))
    }

    fn admit_to(
        &mut self,
        item: &Arc<ItemState>,
        looked: &Looked,
        key: GroupKey,
        room: Room,
    ) -> Result<(), SubmitError> {
        // A batch has images of one epoch.
        while let Some(at) = self
            .groups
            .iter()
            .position(|group| group.key.epoch != key.epoch)
        {
            self.close(at, false)?;
        }
        if let Some(at) = self.groups.iter().position(|group| group.key == key)
            && !self.groups[at].fits(&room)
        {
            self.close(at, true)?;
        }
        if self.groups.len() >= MOST_OPEN && !self.groups.iter().any(|group| group.key == key) {
            self.close(0, false)?;
        }
        let all = match looked.is_alone {
            true => {
                while !self.groups.is_empty() {
                    self.close(0, false)?;
                }
                self.wait(Admission::take_all)?
            }
            false => None,
        };
        let decoding = self.decoding_of(looked);
        let (tasks, counted) = self.wait(|this| {
            let group = this.groups.iter().find(|group| group.key == key);
            if group.is_none() && this.spare.is_none() {
                this.spare = Some(this.shared.submitter.try_begin_batch_with(&OF_A_BATCH)?);
            }
            // A batch decodes its files part by part, so that it takes as much as the largest.
            let decoding = decoding.saturating_sub(group.map_or(0, Group::decoding));
            let counted = looked.results.saturating_add(decoding);
            let budget = budget_of(item, looked, counted);
            let tasks = this.shared.submitter.try_begin_batch_with(&budget)?;
            Ok((tasks, counted))
        })?;
        let mut leases = submit_item(tasks, item, looked, counted)?;
        leases.extend(all);
        self.shared.note_memory();
        let at = match self.groups.iter().position(|group| group.key == key) {
            Some(at) => at,
            None => {
                let Some(tasks) = self.spare.take() else {
                    return Ok(());
                };
                self.groups.push(Group::new(self.next, key, tasks));
                self.next += 1;
                self.groups.len() - 1
            }
        };
        let is_full = self.groups[at].push(Arc::clone(item), leases, decoding, &room);
        self.shared.dispatch();
        if is_full || looked.is_alone {
            self.close(at, is_full)?;
        }
        Ok(())
    }

    /// Takes all of the memory of the rings, when nothing else has some.
    fn take_all(&mut self) -> Result<Option<TaskLease>, SubmitError> {
        let request = Request {
            transient_bytes: self.shared.bounds.rings,
            lease: true,
            ..Request::default()
        };
        let submitter = &self.shared.submitter;
        let submitted = submitter.try_submit(&request, |_| Task::Counted)?;
        Ok(submitted.lease)
    }

    /// Bytes in which the CPU may decode the files of a batch with this item, where the device does not.
    fn decoding_of(&self, looked: &Looked) -> u64 {
        match looked.decoding {
            0 => 0,
            bytes => bytes.max(self.shared.bounds.least_decoding),
        }
    }

    /// Gives a failed item as a batch of its own.
    fn fail_alone(&mut self, item: &ItemState, error: ItemError) -> Result<(), SubmitError> {
        let failure: Failure = item.failure(error);
        let (number, epoch) = (self.next, item.info.epoch);
        let batch = Arc::new(BatchState::failed(number, epoch, vec![failure]));
        // What comes with the failure counts until it is taken.
        let attached = item.info.attached_bytes();
        let request = Request {
            transient_bytes: attached.min(self.shared.bounds.rings),
            ..Request::default()
        };
        self.wait(|this| {
            let task = Arc::clone(&batch);
            let submitter = &this.shared.submitter;
            submitter.try_submit(&request, |_| Task::Deliver(task))
        })?;
        self.shared.note_memory();
        self.next += 1;
        self.newest = self.newest.max(number);
        self.shared.dispatch();
        self.close_behind()
    }

    /// Waits for room, and until enough copied results are taken; closes batches where nothing else makes some.
    fn wait<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, SubmitError>,
    ) -> Result<T, SubmitError> {
        let shared = self.shared;
        loop {
            let waited = shared.submitter.wait_until(|| {
                loop {
                    let copies = shared.copies.bytes();
                    let (made, progress) =
                        match copies > shared.bounds.copies && !shared.is_canceled() {
                            true => (self.make_way(), copies),
                            false => match attempt(self) {
                                Err(SubmitError::Full(full)) => {
                                    (self.make_room(full.head), full.progress)
                                }
                                other => return ControlFlow::Break(other),
                            },
                        };
                    let made = made.and_then(|made| Ok(self.close_late()? || made));
                    match made {
                        Ok(true) => {}
                        Ok(false) => return ControlFlow::Continue(((), progress)),
                        Err(error) => return ControlFlow::Break(Err(error)),
                    }
                }
            });
            // Otherwise nothing moved for a while: a batch may be late by now.
            if let Ok(result) = waited {
                return result;
            }
        }
    }

    /// Closes a batch, if the oldest task in the memory, `head`, waits for that, or has results behind those of an open batch. Returns whether it did.
    fn make_room(&mut self, head: Option<TaskId>) -> Result<bool, SubmitError> {
        if self.groups.is_empty() {
            return Ok(false);
        }
        let at = match head {
            // All is set aside for open batches.
            None => Some(0),
            Some(task) => {
                let holder = self.groups.iter().position(|group| group.holds(task));
                holder.or_else(|| {
                    let is_held_back = self.shared.board.lock().is_held_back(task);
                    is_held_back.then_some(0)
                })
            }
        };
        match at {
            Some(at) => self.close(at, false).map(|()| true),
            None => Ok(false),
        }
    }

    /// Closes the next batch in order, if it is open: all results wait behind it. Returns whether it did.
    fn make_way(&mut self) -> Result<bool, SubmitError> {
        let board = self.shared.board.lock();
        let next = board.next().filter(|_| !board.has_ready());
        drop(board);
        match self.groups.first() {
            Some(first) if Some(first.number) == next => self.close(0, false).map(|()| true),
            _ => Ok(false),
        }
    }

    /// When the time of this batch comes; a time that no clock reaches is none.
    fn end_of(&self, group: &Group) -> Option<Instant> {
        group.begun.checked_add(self.age?)
    }

    /// When the time of a batch comes whose time has not come.
    fn deadline(&self) -> Option<Instant> {
        let now = self.age.map(|_| Instant::now())?;
        let ends = self.groups.iter().filter_map(|group| self.end_of(group));
        ends.filter(|end| *end > now).min()
    }

    /// Closes the batches whose time has come, unless they would only wait for a device: those take further items until the device has taken
    /// what is before them. Returns whether it closed some.
    fn close_late(&mut self) -> Result<bool, SubmitError> {
        let mut closed = false;
        while let Some(at) = self.late() {
            self.close(at, false)?;
            closed = true;
        }
        Ok(closed)
    }

    /// A batch whose time has come, and that a device could take at once.
    fn late(&self) -> Option<usize> {
        let now = self.age.map(|_| Instant::now())?;
        let is_late = |group: &Group| self.end_of(group).is_some_and(|end| end <= now);
        let mut late = (0..self.groups.len())
            .filter(|&at| is_late(&self.groups[at]))
            .peekable();
        late.peek()?;
        let board = self.shared.board.lock();
        late.find(|&at| {
            let group = &self.groups[at];
            !board.runs.would_wait(group.number, group.key.device)
        })
    }

    /// Submits a batch: it runs when all its items are decoded or have failed.
    fn close(&mut self, at: usize, is_full: bool) -> Result<(), SubmitError> {
        let group = self.groups.remove(at);
        self.newest = self.newest.max(group.number);
        self.shared.board.lock().in_flight += 1;
        // Where this fails, the job is over: what is counted as in flight does not matter anymore.
        group.submit(is_full)?;
        self.shared.dispatch();
        self.close_behind()
    }

    /// Closes a batch that holds too many others back.
    fn close_behind(&mut self) -> Result<(), SubmitError> {
        let behind = |group: &Group| group.number + MOST_BEHIND < self.newest;
        if self.order == Order::Kept
            && let Some(at) = self.groups.iter().position(behind)
        {
            self.close(at, false)?;
        }
        Ok(())
    }
}
