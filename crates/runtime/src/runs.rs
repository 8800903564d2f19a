//! The batches that are ready to be executed, and which device takes which.

use crate::task::BatchState;
use pixelflume_device::DeviceId;
use pixelflume_scheduler::rings::TaskId;
use std::collections::VecDeque;
use std::sync::Arc;

/// One queue for all devices: a device takes the next batch when it has room for it. So no batch waits for a slow device while a fast one has
/// room, and with results in order the batches that are executed are those that are needed next.
#[derive(Debug)]
pub(crate) struct Runs {
    devices: Vec<DeviceState>,
    /// Batches that no device has taken, in the order of their numbers.
    queue: VecDeque<ReadyRun>,
}

/// What a device is at.
#[derive(Debug)]
struct DeviceState {
    id: DeviceId,
    /// Batches that it has taken and that are not complete.
    running: usize,
    /// Whether its thread waits for a batch.
    is_idle: bool,
    is_lost: bool,
}

/// A batch that is ready to be executed.
#[derive(Debug)]
struct ReadyRun {
    task: TaskId,
    batch: Arc<BatchState>,
    /// The device that has its tensors; `None` for any.
    device: Option<usize>,
}

impl Runs {
    pub(crate) fn new(devices: Vec<DeviceId>) -> Self {
        let devices = devices.into_iter().map(|id| DeviceState {
            id,
            running: 0,
            is_idle: false,
            is_lost: false,
        });
        Runs {
            devices: devices.collect(),
            queue: VecDeque::new(),
        }
    }

    /// Adds a batch, behind those of smaller numbers.
    pub(crate) fn put(&mut self, task: TaskId, batch: Arc<BatchState>) {
        let device = self.device_of(batch.device);
        let is_before = |other: &ReadyRun| other.batch.number < batch.number;
        let at = self.queue.partition_point(is_before);
        let run = ReadyRun {
            task,
            batch,
            device,
        };
        self.queue.insert(at, run);
    }

    fn device_of(&self, id: Option<DeviceId>) -> Option<usize> {
        let id = id?;
        self.devices.iter().position(|device| device.id == id)
    }

    /// Whether this device may execute a batch: any that is not lost, unless one has its tensors. Where all are lost, they fail the batches.
    fn may_run(&self, device: usize, run: &ReadyRun) -> bool {
        match run.device {
            Some(own) => own == device,
            None => {
                !self.devices[device].is_lost || self.devices.iter().all(|device| device.is_lost)
            }
        }
    }

    /// The place of the next batch for this device. One that an idle device can take which has less to do is left to that.
    fn first(&self, device: usize) -> Option<usize> {
        let own = self.devices[device].running;
        let is_freer = |other: &DeviceState| other.is_idle && !other.is_lost && other.running < own;
        let is_left = self.devices.iter().any(is_freer);
        let is_for =
            |run: &ReadyRun| self.may_run(device, run) && (run.device.is_some() || !is_left);
        self.queue.iter().position(is_for)
    }

    /// The number of the next batch for this device.
    pub(crate) fn next(&self, device: usize) -> Option<u64> {
        let at = self.first(device)?;
        Some(self.queue[at].batch.number)
    }

    /// Takes the batch of this number for a device, if it is the next one for that.
    pub(crate) fn take(&mut self, device: usize, number: u64) -> Option<(TaskId, Arc<BatchState>)> {
        let at = self.first(device)?;
        if self.queue[at].batch.number != number {
            return None;
        }
        let run = self.queue.remove(at)?;
        self.devices[device].running += 1;
        Some((run.task, run.batch))
    }

    /// Notes that a batch which this device has taken is complete.
    pub(crate) fn complete(&mut self, device: usize) {
        self.devices[device].running -= 1;
    }

    /// Whether no batch waits for a device.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Notes whether the thread of a device waits for a batch.
    pub(crate) fn set_idle(&mut self, device: usize, is_idle: bool) {
        self.devices[device].is_idle = is_idle;
    }

    /// Whether the device executes nothing anymore.
    pub(crate) fn is_lost(&self, device: usize) -> bool {
        self.devices[device].is_lost
    }

    /// Notes that a device executes nothing anymore.
    pub(crate) fn lose(&mut self, device: usize) {
        self.devices[device].is_lost = true;
    }

    pub(crate) fn all_lost(&self) -> bool {
        self.devices.iter().all(|device| device.is_lost)
    }

    /// Whether a batch of this number, with its tensors on this device, would wait for a device behind an earlier one.
    pub(crate) fn would_wait(&self, number: u64, device: Option<DeviceId>) -> bool {
        let device = self.device_of(device);
        let is_before = |run: &ReadyRun| {
            run.batch.number < number && (run.device.is_none() || run.device == device)
        };
        self.queue.iter().any(is_before)
    }

    /// Whether this device may give the batch of this number, which no device has taken; without a number any batch.
    pub(crate) fn may_give(&self, device: usize, number: Option<u64>) -> bool {
        let is_wanted = |run: &ReadyRun| number.is_none_or(|number| run.batch.number == number);
        let may_take = |run: &ReadyRun| is_wanted(run) && self.may_run(device, run);
        number.is_none() && self.devices[device].running > 0 || self.queue.iter().any(may_take)
    }
}
