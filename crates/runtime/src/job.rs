//! A running job.

use crate::error::JobError;
use crate::position::Position;
use crate::results::Batch;
use crate::settings::EffectiveJob;
use crate::shared::{Core, Shared};
use crate::sink::{Report, Sink};
use pixelflume_device::ProcessBound;
use pixelflume_scheduler::rings::Statistics;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A job: a source of images, a pipeline, devices, and the threads that bring the images through them.
///
/// Its results are taken as batches, by iterating over `&job` or by [`Job::next_batch`], or go into a [`Sink`] by [`Job::for_each`]. Memory
/// is bounded throughout: where results are not taken, or are held, the job stops reading.
///
/// Dropping it cancels what was not taken, and ends its threads; it waits for the calls of the sink and the device that are
/// running. The thread that reads the source ends when its call returns, which may be later: a source that blocks holds nobody up.
///
/// In a child that is forked from the process, it gives nothing, and its drop leaks what it has.
pub struct Job {
    inner: ProcessBound<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// All but the one that reads the source.
    threads: Vec<JoinHandle<()>>,
}

thread_local! {
    /// The address of the job that the thread belongs to; 0 for threads of the caller.
    static JOB: Cell<usize> = const { Cell::new(0) };
}

fn address(core: &Arc<Core>) -> usize {
    Arc::as_ptr(core).addr()
}

impl Job {
    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Whether this is a thread of the job, which cannot wait for its results.
    fn is_own_thread(&self) -> bool {
        JOB.get() == address(&self.inner.shared.core)
    }

    /// The next batch; waits for it. `None` at the end. Any number of threads may call it.
    ///
    /// # Errors
    /// - The job has ended before its source did ([`JobError::Stopped`], [`JobError::SourcePanicked`] and others). Each thread gets this
    ///   error once, then `None`.
    /// - [`JobError::Held`]: the threads that wait hold all the batches that the job may have out, and this one holds some. It can call
    ///   again when it has dropped some.
    /// - [`JobError::OwnThread`]: a source or a sink of this job called it.
    pub fn next_batch(&self) -> Option<Result<Batch, JobError>> {
        match self.wait_for_batch(None) {
            Poll::Ready(batch) => batch,
            // Without a limit the wait has no such end.
            Poll::Pending => None,
        }
    }

    /// The next batch as [`Job::next_batch`] gives it, where it is there within this time; otherwise [`Poll::Pending`].
    ///
    /// # Errors
    /// Those of [`Job::next_batch`].
    pub fn next_batch_within(&self, limit: Duration) -> Poll<Option<Result<Batch, JobError>>> {
        self.wait_for_batch(Instant::now().checked_add(limit))
    }

    fn wait_for_batch(&self, end: Option<Instant>) -> Poll<Option<Result<Batch, JobError>>> {
        if ProcessBound::is_inherited(&self.inner) {
            return Poll::Ready(None);
        }
        if self.is_own_thread() {
            return Poll::Ready(Some(Err(JobError::OwnThread)));
        }
        let shared = self.shared();
        let mut board = shared.board.lock();
        let own = thread::current().id();
        let mut is_waiting = false;
        let mut outcome = loop {
            if let Some(batch) = board.take_ready() {
                board.note_taken(&batch);
                break Poll::Ready(Some(Ok(batch)));
            }
            if board.is_over() {
                break Poll::Ready(board.tell().map(Err));
            }
            let is_first = !std::mem::replace(&mut is_waiting, true);
            if is_first {
                board.waiting.push(own);
            }
            match board.held_by_caller(&shared.credits) {
                // Others that wait hold them, and are told.
                Some(0) if is_first => shared.ready.notify_all(),
                None | Some(0) => {}
                Some(batches) => break Poll::Ready(Some(Err(JobError::Held { batches }))),
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            match left {
                None => shared.ready.wait(&mut board),
                Some(left) if left.is_zero() => break Poll::Pending,
                Some(left) => shared.ready.wait_for(&mut board, left),
            }
        };
        if is_waiting {
            board.waiting.retain(|thread| *thread != own);
        }
        let (is_over, next) = (board.is_over(), board.next());
        drop(board);
        if let Poll::Ready(Some(Ok(batch))) = &mut outcome {
            if let Some(credit) = &mut batch.credit {
                credit.hold();
            }
            // It is the caller's from here on.
            if batch.copied.take().is_some() {
                shared.submitter.wake();
            }
            shared.taken(next);
            if is_over {
                shared.wake_all();
            }
        }
        outcome
    }

    /// Gives all results that are left to a sink, which the threads of the job call, several at once; waits for the end. Items that
    /// fail are in the report, and do not end the job. The sink is dropped before this returns.
    ///
    /// One call at a time: a second one is refused. Another thread that calls [`Job::next_batch`] meanwhile takes batches away from the
    /// sink: each goes to one of them.
    ///
    /// # Errors
    /// The job has ended before its source did, its results are tensors ([`JobError::DeviceOutputs`]), another call of this method is not
    /// over ([`JobError::SinkTaken`]), or a source or a sink of this job called it ([`JobError::OwnThread`]). [`Job::report`] has what was
    /// written before.
    pub fn for_each(&self, sink: impl Sink + 'static) -> Result<Report, JobError> {
        if ProcessBound::is_inherited(&self.inner) {
            return Ok(Report::default());
        }
        if self.is_own_thread() {
            return Err(JobError::OwnThread);
        }
        let shared = self.shared();
        if shared.devices[0].factory.effective().device_outputs {
            return Err(JobError::DeviceOutputs);
        }
        let sink: Arc<dyn Sink> = Arc::new(sink);
        let mut board = shared.board.lock();
        if board.sink.is_some() {
            drop(board);
            return Err(JobError::SinkTaken);
        }
        board.sink = Some(sink);
        drop(board);
        shared.wake_all();
        let mut board = shared.board.lock();
        while !board.is_over() {
            shared.ready.wait(&mut board);
        }
        let (sink, error) = (board.sink.take(), board.error.clone());
        board.tell();
        let report = board.report.clone();
        drop(board);
        drop(sink);
        match error {
            Some(error) => Err(error),
            None => Ok(report),
        }
    }

    /// What became of the items whose results went to a sink, so far.
    pub fn report(&self) -> Report {
        match ProcessBound::is_inherited(&self.inner) {
            true => Report::default(),
            false => self.shared().board.lock().report.clone(),
        }
    }

    /// How far the job is: which items were taken, or are through the sink. A job that [resumes](crate::JobBuilder::resume) there gives
    /// the others.
    pub fn position(&self) -> Position {
        match ProcessBound::is_inherited(&self.inner) {
            true => Position::new(None, None),
            false => self.shared().board.lock().position.clone(),
        }
    }

    /// The settings that are in force, each with its origin.
    pub fn effective(&self) -> &EffectiveJob {
        &self.shared().effective
    }

    /// Ends the job: it reads nothing more, and gives nothing more. What runs on a device is dropped when it is complete.
    pub fn cancel(&self) {
        if !ProcessBound::is_inherited(&self.inner) {
            self.shared().cancel();
        }
    }

    /// The most bytes of ordinary memory that items took at one time between the source and their device, and copied results up to the
    /// caller, as they were counted. It never exceeds [`JobBuilder::host_memory`](crate::JobBuilder::host_memory).
    pub fn most_host_memory(&self) -> u64 {
        match ProcessBound::is_inherited(&self.inner) {
            true => 0,
            false => self.shared().high_water(),
        }
    }

    /// The statistics of the task rings: sizes with their origin, use, and high-water marks.
    pub fn ring_statistics(&self) -> Statistics {
        match ProcessBound::is_inherited(&self.inner) {
            true => self.shared().submitter.sizes(),
            false => self.shared().submitter.statistics(),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let devices = self.shared().devices.iter();
        let names: Vec<String> = devices
            .map(|device| device.factory.memory().device().to_string())
            .collect();
        f.debug_struct("Job")
            .field("devices", &names)
            .finish_non_exhaustive()
    }
}

/// The batches of a job that are left.
#[derive(Debug)]
pub struct Batches<'a>(&'a Job);

impl Iterator for Batches<'_> {
    type Item = Result<Batch, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_batch()
    }
}

impl<'a> IntoIterator for &'a Job {
    type Item = Result<Batch, JobError>;
    type IntoIter = Batches<'a>;

    fn into_iter(self) -> Batches<'a> {
        Batches(self)
    }
}

/// A job whose threads are being started. Dropping it ends those that were.
pub(crate) struct Starting(Inner);

impl Starting {
    pub(crate) fn new(shared: Shared) -> Self {
        Starting(Inner {
            shared: Arc::new(shared),
            threads: Vec::new(),
        })
    }

    /// Starts a thread.
    pub(crate) fn thread(
        &mut self,
        purpose: &'static str,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> io::Result<()> {
        let shared = Arc::clone(&self.0.shared);
        let thread = self.spawn(purpose, move || work(&shared))?;
        self.0.threads.push(thread);
        Ok(())
    }

    /// Starts the thread that reads the source, whose call may block for as long as it likes: nobody waits for its end.
    pub(crate) fn reader(
        &mut self,
        purpose: &'static str,
        work: impl FnOnce(&Core) + Send + 'static,
    ) -> io::Result<()> {
        let core = Arc::clone(&self.0.shared.core);
        self.spawn(purpose, move || work(&core)).map(drop)
    }

    fn spawn(
        &self,
        purpose: &'static str,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        let core = Arc::clone(&self.0.shared.core);
        let thread = thread::Builder::new().name(format!("pixelflume {purpose}"));
        thread.spawn(move || {
            JOB.set(address(&core));
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                core.abandon(purpose);
            }
        })
    }

    /// Notes that the source is not read, so that nothing is submitted.
    pub(crate) fn never_read(&self) {
        self.0.shared.read();
        self.0.shared.admitted();
    }

    pub(crate) fn started(self) -> Job {
        Job {
            inner: ProcessBound::new(self.0),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.cancel();
        // A sink or a source may have had the last reference.
        let own = thread::current().id();
        let others = |thread: &JoinHandle<()>| thread.thread().id() != own;
        for thread in self.threads.drain(..).filter(others) {
            // What a thread calls is guarded; a panic was told by its hook.
            let _ = thread.join();
        }
    }
}
