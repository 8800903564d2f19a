//! What the threads of a job share, and who wakes whom.

use crate::ahead::Ahead;
use crate::board::{Board, Pumped};
use crate::copies::Copies;
use crate::credits::Credits;
use crate::error::JobError;
use crate::guard::drop_guarded;
use crate::hooks::{Accept, Hooks, ObservedEngines};
use crate::settings::EffectiveJob;
use crate::task::{BatchState, ItemState, Task};
use crate::trace::{JobTrace, Lane, Piece};
use pixelflume_codec::DecodeOptions;
use pixelflume_device::sync::{Condvar, Mutex, MutexGuard};
use pixelflume_pipeline::Pipeline;
use pixelflume_pipeline::engine::ImageDecoder;
use pixelflume_scheduler::rings::{Ring, Submitter, TaskId, TaskOutcome};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A device of the job.
#[derive(Debug)]
pub(crate) struct JobDevice {
    /// What decodes files on the device. Dropped before the memory manager, which the factory has.
    pub(crate) decoder: ImageDecoder,
    pub(crate) factory: ObservedEngines,
}

/// The parts of the memory of a job, and the most of single items; in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// What one item may take, encoded and decoded.
    pub(crate) item: u64,
    /// What items that were admitted may take together: the transient part of the rings.
    pub(crate) rings: u64,
    /// The most that an item takes which others may be beside. A larger one has the rings for itself.
    pub(crate) shared: u64,
    /// What items may bring along before they are admitted.
    pub(crate) ahead: u64,
    /// What results may take that are copied and not taken, where further items are admitted.
    pub(crate) copies: u64,
    /// The least that a batch of files for a device has, in which the CPU decodes them where the device does not.
    pub(crate) least_decoding: u64,
    /// Items that are looked at before they are admitted.
    pub(crate) looks: usize,
}

/// What the threads share that end with the job.
pub(crate) struct Shared {
    pub(crate) core: Arc<Core>,
    pub(crate) devices: Vec<JobDevice>,
}

/// What the thread that reads the source shares with the others. Nobody waits for that thread, so it keeps no memory of a device: memory that it
/// gave back when its call returns, at the end of the process maybe, would come to a driver that is gone.
pub(crate) struct Core {
    pub(crate) pipeline: Pipeline,
    /// How files are decoded, within the bounds of the job.
    pub(crate) options: DecodeOptions,
    /// The results that each device may have out.
    pub(crate) credits: Vec<Arc<Credits>>,
    pub(crate) bounds: Bounds,
    /// Asked before an item is read.
    pub(crate) accept: Option<Arc<Accept>>,
    pub(crate) effective: EffectiveJob,
    trace: Option<Arc<JobTrace>>,
    pub(crate) submitter: Submitter<Task>,
    pub(crate) ahead: Ahead,
    /// Results that are copied and not taken.
    pub(crate) copies: Arc<Copies>,
    /// The most bytes that admitted items and copied results took at one time.
    high_water: AtomicU64,
    pub(crate) board: Mutex<Board>,
    /// Signaled for host threads.
    pub(crate) host_work: Condvar,
    /// Signaled for the threads of devices.
    pub(crate) device_work: Condvar,
    /// Signaled when results are ready, or the job has ended.
    pub(crate) ready: Condvar,
    canceled: AtomicBool,
}

impl Deref for Shared {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl Core {
    pub(crate) fn new(
        pipeline: Pipeline,
        options: DecodeOptions,
        credits: Vec<Arc<Credits>>,
        bounds: Bounds,
        hooks: Hooks,
        effective: EffectiveJob,
        (submitter, board): (Submitter<Task>, Board),
    ) -> Self {
        Core {
            pipeline,
            options,
            credits,
            bounds,
            trace: hooks.trace.as_ref().map(JobTrace::new),
            accept: hooks.accept,
            effective,
            submitter,
            ahead: Ahead::new(bounds.looks, bounds.ahead),
            copies: Arc::default(),
            high_water: AtomicU64::new(0),
            board: Mutex::new(board),
            host_work: Condvar::new(),
            device_work: Condvar::new(),
            ready: Condvar::new(),
            canceled: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_canceled(&self) -> bool {
        self.canceled.load(Ordering::Relaxed)
    }

    /// Begins a piece of work in the trace, where there is one: on the item or the batch of this number.
    pub(crate) fn trace(&self, lane: Lane, number: u64) -> Option<Piece> {
        self.trace.as_ref()?.begin(lane, number)
    }

    /// Notes what is counted now. Called behind each admission, since nothing else makes it more: what a copied result takes, its item
    /// has taken in the rings.
    pub(crate) fn note_memory(&self) {
        let statistics = self.submitter.statistics();
        let bytes = statistics.ring(Ring::Transient).used + self.copies.bytes();
        self.high_water.fetch_max(bytes, Ordering::Relaxed);
    }

    /// The most bytes that were counted at one time.
    pub(crate) fn high_water(&self) -> u64 {
        self.high_water.load(Ordering::Relaxed) + self.ahead.high_water()
    }

    /// The name of an input of the pipeline.
    pub(crate) fn input_name(&self, input: usize) -> String {
        self.pipeline
            .inputs()
            .nth(input)
            .unwrap_or_default()
            .to_owned()
    }

    /// Has the headers of an item read, unless the job is canceled.
    pub(crate) fn look(&self, item: Arc<ItemState>) {
        let mut board = self.board.lock();
        if !board.is_canceled {
            board.look(item);
            drop(board);
            self.host_work.notify_one();
        }
    }

    /// Notes the error that the job ends with, unless it has one.
    pub(crate) fn fail(&self, error: JobError) {
        self.board.lock().error.get_or_insert(error);
    }

    /// Ends the job where one of its threads panicked: no other one waits for what that had to do.
    pub(crate) fn abandon(&self, thread: &'static str) {
        let mut board = self.board.lock();
        board.is_abandoned = true;
        board.error.get_or_insert(JobError::Panicked(thread));
        drop(board);
        self.cancel();
    }

    /// Dispatches what is ready, after a submission.
    pub(crate) fn dispatch(&self) {
        let mut board = self.board.lock();
        let pumped = board.pump();
        self.wake(board, &pumped);
    }

    /// Ends a task, and dispatches what waited for it.
    pub(crate) fn complete(&self, task: TaskId, outcome: TaskOutcome) {
        let mut board = self.board.lock();
        board.complete(task, outcome);
        let pumped = board.pump();
        self.wake(board, &pumped);
    }

    /// Ends the execution of a batch.
    pub(crate) fn complete_run(&self, device: usize, task: TaskId) {
        let mut board = self.board.lock();
        board.complete_run(device, task);
        let pumped = board.pump();
        self.wake(board, &pumped);
    }

    fn wake(&self, board: MutexGuard<'_, Board>, pumped: &Pumped) {
        let is_over = board.is_over();
        let into_sink = pumped.ready && board.sink.is_some();
        drop(board);
        if is_over || into_sink {
            self.host_work.notify_all();
        } else {
            (0..pumped.host).for_each(|_| self.host_work.notify_one());
        }
        if is_over || pumped.device {
            self.wake_devices();
        }
        if is_over || pumped.ready {
            self.ready.notify_all();
        }
    }

    fn wake_devices(&self) {
        self.device_work.notify_all();
        for credits in &self.credits {
            credits.requeue();
        }
    }

    /// Takes the batch of this number for a device, if it is the next one for that. The other devices look at what is left.
    pub(crate) fn take_run(&self, device: usize, number: u64) -> Option<(TaskId, Arc<BatchState>)> {
        let mut board = self.board.lock();
        let taken = board.runs.take(device, number)?;
        // With the lock, so that nobody takes another device for one that waits for this batch.
        for (other, credits) in self.credits.iter().enumerate() {
            if other != device {
                credits.requeue();
            }
        }
        let has_more = !board.runs.is_empty();
        drop(board);
        if has_more {
            self.device_work.notify_all();
        }
        // Late batches may have waited for this.
        if self.effective.batch_age.value.0.is_some() {
            self.ahead.turn();
            self.submitter.wake();
        }
        Some(taken)
    }

    /// Notes that results were taken: `next` is the next batch in order.
    pub(crate) fn taken(&self, next: Option<u64>) {
        for credits in &self.credits {
            next.into_iter().for_each(|next| credits.set_next(next));
        }
    }

    /// Wakes all threads, after a change that all have to see.
    pub(crate) fn wake_all(&self) {
        // Who looked before the change has gone to wait by now.
        drop(self.board.lock());
        self.host_work.notify_all();
        self.wake_devices();
        self.ready.notify_all();
    }

    /// Notes that all batches are submitted.
    pub(crate) fn admitted(&self) {
        self.board.lock().is_admitted = true;
        // Where the rings were closed in the middle of a submission, its first tasks are there, and have to end.
        self.dispatch();
        self.wake_all();
    }

    /// Notes that the source is read to its end.
    pub(crate) fn read(&self) {
        self.board.lock().is_read = true;
        self.wake_all();
    }

    /// Ends the job: nothing more is read, what is ready is dropped, and what runs is dropped when it is complete.
    pub(crate) fn cancel(&self) {
        self.canceled.store(true, Ordering::Relaxed);
        self.ahead.end();
        let dropped = self.board.lock().cancel();
        self.submitter.close();
        self.credits.iter().for_each(|credits| credits.end());
        self.wake_all();
        drop_guarded("an error of the source", dropped);
    }

    /// Notes that a device executes nothing anymore. Its batches go to the others; where there is none, the job reads no more.
    pub(crate) fn lose(&self, device: usize, reason: &Arc<str>) {
        let mut board = self.board.lock();
        if board.runs.is_lost(device) {
            return;
        }
        tracing::error!(device, "a device of a job is lost: {reason}");
        board.runs.lose(device);
        if board.runs.all_lost() {
            board
                .error
                .get_or_insert(JobError::Stopped(Arc::clone(reason)));
            drop(board);
            self.ahead.end();
            self.wake_all();
            return;
        }
        drop(board);
        self.wake_all();
    }
}
