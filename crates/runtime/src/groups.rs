//! Batches that are being filled.

use crate::task::{BatchState, ItemState, Task};
use pixelflume_device::DeviceId;
use pixelflume_pipeline::engine::{BatchKey, Batching};
use pixelflume_scheduler::rings::{self, Dependency, Request, SubmitError, TaskId, TaskLease};
use std::sync::Arc;
use std::time::Instant;

/// What the items of one batch have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct GroupKey {
    pub(crate) batch: BatchKey,
    /// Whether all images are on a device.
    pub(crate) is_on_device: bool,
    /// The device that has a tensor of the item.
    pub(crate) device: Option<DeviceId>,
    pub(crate) epoch: u64,
}

/// What an item takes of the room of a batch, and what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    most: usize,
    bytes: usize,
    most_bytes: usize,
    tensor_bytes: usize,
    most_tensor_bytes: usize,
}

impl Room {
    pub(crate) fn new(batching: &Batching, most: usize) -> Self {
        Room {
            most: most.max(1),
            bytes: batching.frame_bytes,
            most_bytes: batching.max_bytes,
            tensor_bytes: batching.tensor_bytes,
            most_tensor_bytes: batching.max_tensor_bytes,
        }
    }
}

/// What is used of the room of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fill {
    items: usize,
    bytes: usize,
    tensor_bytes: usize,
}

impl Fill {
    /// Whether there is room for a further item. There always is for the first one.
    pub(crate) fn fits(&self, room: &Room) -> bool {
        self.items == 0
            || self.items < room.most
                && self.bytes.saturating_add(room.bytes) <= room.most_bytes
                && self.tensor_bytes.saturating_add(room.tensor_bytes) <= room.most_tensor_bytes
    }

    /// Adds an item.
    pub(crate) fn add(&mut self, room: &Room) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(room.bytes);
        self.tensor_bytes = self.tensor_bytes.saturating_add(room.tensor_bytes);
    }
}

/// A batch that is being filled. Its run and its delivery have their places in the rings.
pub(crate) struct Group {
    pub(crate) number: u64,
    pub(crate) key: GroupKey,
    pub(crate) begun: Instant,
    tasks: rings::Batch<Task>,
    items: Vec<Arc<ItemState>>,
    /// Keep the memory of the items counted.
    leases: Vec<TaskLease>,
    fill: Fill,
    /// Bytes that are counted for decoding its files on the CPU.
    decoding: u64,
}

impl Group {
    pub(crate) fn new(number: u64, key: GroupKey, tasks: rings::Batch<Task>) -> Self {
        Group {
            number,
            key,
            begun: Instant::now(),
            tasks,
            items: Vec::new(),
            leases: Vec::new(),
            fill: Fill::default(),
            decoding: 0,
        }
    }

    /// Bytes that are counted for decoding its files on the CPU.
    pub(crate) fn decoding(&self) -> u64 {
        self.decoding
    }

    /// Whether there is room for a further item.
    pub(crate) fn fits(&self, room: &Room) -> bool {
        self.fill.fits(room)
    }

    /// Adds an item, for whose files, and those before it, `decoding` bytes are counted; whether the batch is full then.
    pub(crate) fn push(
        &mut self,
        item: Arc<ItemState>,
        leases: Vec<TaskLease>,
        decoding: u64,
        room: &Room,
    ) -> bool {
        self.decoding = self.decoding.max(decoding);
        self.items.push(item);
        self.leases.extend(leases);
        self.fill.add(room);
        self.items.len() >= room.most
    }

    /// Whether the batch keeps this task.
    pub(crate) fn holds(&self, task: TaskId) -> bool {
        self.leases.iter().any(|lease| lease.task() == task)
    }

    /// Submits the run of the batch behind its items, whatever becomes of them, and its delivery behind the run.
    pub(crate) fn submit(self, is_full: bool) -> Result<(), SubmitError> {
        let Group {
            number,
            key,
            mut tasks,
            items,
            leases,
            decoding,
            ..
        } = self;
        let batch = BatchState::new(number, key.epoch, key.device, is_full, decoding, items);
        let batch = Arc::new(batch);
        let dependencies: Vec<Dependency> = leases
            .iter()
            .map(|lease| Dependency::settled(lease.task()))
            .collect();
        let request = Request {
            dependencies: &dependencies,
            ..Request::default()
        };
        let task = Arc::clone(&batch);
        let run = tasks.submit(&request, |_| Task::Run(task))?;
        let behind = [Dependency::completed(run.task)];
        let request = Request {
            dependencies: &behind,
            ..Request::default()
        };
        tasks.submit(&request, |_| Task::Deliver(batch))?;
        // From here on the run has them.
        drop(leases);
        Ok(())
    }
}
