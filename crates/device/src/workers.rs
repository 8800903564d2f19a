//! The worker pool: threads that run streams, and help each other with the loops of a kernel.

use crate::panics::discard;
use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering};

pub(crate) mod helpers;
mod job;
mod sync;
use job::Job;

/// A queue of work that a worker can run, such as a stream of the host device.
pub(crate) trait Drain: Send + Sync {
    /// Runs commands until none are left, and then calls [`Shared::finish`], or until one has to wait. Called by one worker at
    /// a time: the pool hands a queue out again only after it was started again, or resumed.
    fn drain(self: Arc<Self>, workers: &Workers<'_>);
}

/// The threads of a host device, or those that help with loops of other threads. Dropping it runs what is queued and ends
/// the threads.
///
/// Where the system gives fewer threads than asked for, half of those that it gave are kept: the process has reached a limit
/// of threads or of memory, and the rest of its work needs some of both. Where it gives none, streams run on the threads that
/// put work into them.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// The state that the workers and the streams share.
pub(crate) struct Shared {
    state: Mutex<Queues>,
    /// Signaled when there is work, or the pool ends.
    work: Condvar,
    /// Signaled when a helper leaves a job.
    helped: Condvar,
    /// Signaled when no stream has work left.
    idle: Condvar,
    /// The number of workers. Written only while the pool is made.
    threads: AtomicUsize,
}

struct Queues {
    /// Streams that are ready to run, in the order in which they became ready.
    ready: VecDeque<Arc<dyn Drain>>,
    /// Loops that idle workers may help with.
    jobs: Vec<Job>,
    /// Streams that have work: ready, running, or waiting for an event.
    active: usize,
    /// The number of workers to keep: workers with this index or a larger one end.
    keep: usize,
    shutdown: bool,
}

impl Pool {
    /// Makes a pool of `threads` workers, whose threads have this name with their number behind it.
    pub(crate) fn new(name: &str, threads: usize) -> Self {
        Pool::started_by(threads, |index, work| {
            let thread = std::thread::Builder::new().name(format!("{name}{index}"));
            thread.spawn(work)
        })
    }

    /// Makes a pool of `threads` workers, or of fewer where `start` cannot start all of them.
    fn started_by(
        threads: usize,
        start: impl Fn(usize, Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>>,
    ) -> Self {
        let shared = Arc::new(Shared::new(threads));
        let mut started = Vec::new();
        for index in 0..threads {
            let of_worker = shared.clone();
            match start(index, Box::new(move || of_worker.work(index))) {
                Ok(thread) => started.push(thread),
                Err(error) => {
                    let keep = index.div_ceil(2);
                    tracing::warn!(
                        "{index} of {threads} worker threads could be started, {keep} are kept: {error}"
                    );
                    shared.keep(keep);
                    for thread in started.drain(keep..) {
                        // As in the drop of a pool, a worker does not panic.
                        let _ = thread.join();
                    }
                    break;
                }
            }
        }
        Pool {
            shared,
            threads: started,
        }
    }

    /// The number of threads that work at the same time, at least 1.
    pub(crate) fn threads(&self) -> usize {
        self.shared.workers().max(1)
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state.lock().shutdown = true;
        self.shared.work.notify_all();
        let this = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // The last handle of a device may be dropped by a kernel on a worker, which cannot wait for itself.
            if thread.thread().id() != this {
                // A worker does not panic: whatever is not its own code runs under `catch_panic`.
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    fn new(threads: usize) -> Self {
        Shared {
            state: Mutex::new(Queues {
                ready: VecDeque::with_capacity(64),
                jobs: Vec::with_capacity(64),
                active: 0,
                keep: threads,
                shutdown: false,
            }),
            work: Condvar::default(),
            helped: Condvar::default(),
            idle: Condvar::default(),
            threads: AtomicUsize::new(threads),
        }
    }

    fn workers(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// Ends all workers but the first `workers`.
    fn keep(&self, workers: usize) {
        self.threads.store(workers, Ordering::Relaxed);
        self.state.lock().keep = workers;
        self.work.notify_all();
    }

    /// Adds a stream that had no work and now has some. Called without a lock: where there are no workers it
    /// runs the stream.
    pub(crate) fn start(&self, stream: Arc<dyn Drain>) {
        let mut state = self.state.lock();
        state.active += 1;
        state.ready.push_back(stream);
        if self.workers() == 0 {
            // Streams that are resumed in the meantime, on this thread or on another, are run by the first thread that takes
            // them.
            while let Some(stream) = state.ready.pop_front() {
                drop(state);
                stream.drain(&Workers::beside_worker(self));
                state = self.state.lock();
            }
            return;
        }
        drop(state);
        self.work.notify_one();
    }

    /// Puts a stream whose event is complete back into the queue. Called by the drain of another stream.
    pub(crate) fn resume(&self, stream: Arc<dyn Drain>) {
        self.state.lock().ready.push_back(stream);
        self.work.notify_one();
    }

    /// Counts a stream that has no work left.
    pub(crate) fn finish(&self) {
        let mut state = self.state.lock();
        state.active -= 1;
        if state.active == 0 {
            self.idle.notify_all();
        }
    }

    pub(crate) fn wait_until_idle(&self) {
        let mut state = self.state.lock();
        while state.active > 0 {
            state = self.idle.wait(state);
        }
    }

    /// Runs a worker: it helps with a loop first, since a kernel waits for the loop, and otherwise
    /// runs a stream.
    fn work(&self, index: usize) {
        let mut state = self.state.lock();
        loop {
            if index >= state.keep {
                return;
            }
            if let Some(index) = state.jobs.iter().position(Job::has_work) {
                state = self.help(state, index);
            } else if let Some(stream) = state.ready.pop_front() {
                drop(state);
                stream.drain(&Workers::beside_worker(self));
                state = self.state.lock();
            } else if state.shutdown && state.active == 0 {
                self.work.notify_all();
                return;
            } else {
                state = self.work.wait(state);
            }
        }
    }

    /// Helps with a loop of the list. The lock is released during the help.
    fn help<'a>(
        &'a self,
        mut state: MutexGuard<'a, Queues>,
        index: usize,
    ) -> MutexGuard<'a, Queues> {
        let handle = state.jobs[index].join();
        drop(state);
        handle.run();
        let mut state = self.state.lock();
        if let Some(job) = state.jobs.iter_mut().find(|job| job.is(&handle)) {
            job.leave();
            self.helped.notify_all();
        }
        state
    }
}

/// The workers of a host device, as a kernel sees them.
pub struct Workers<'a> {
    shared: &'a Shared,
    /// The number of threads that can help the calling thread.
    helpers: usize,
}

impl<'a> Workers<'a> {
    /// The workers for a thread that is one of them, or that stands in where there are none.
    fn beside_worker(shared: &'a Shared) -> Self {
        let helpers = shared.workers().saturating_sub(1);
        Workers { shared, helpers }
    }

    /// The number of threads that can work at the same time.
    pub fn count(&self) -> usize {
        self.helpers + 1
    }

    /// Calls `f` once with each of `0..count`, on this thread and on idle workers, in any order, and returns when all
    /// calls are done. Allocates nothing. A panic in `f` is passed on after the others are done.
    pub fn for_each(&self, count: usize, f: &(dyn Fn(usize) + Sync)) {
        let panic: Mutex<Option<Box<dyn Any + Send>>> = Mutex::new(None);
        let guarded = |index: usize| {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| f(index))) {
                let mut first = panic.lock();
                match &*first {
                    None => *first = Some(payload),
                    Some(_) => {
                        drop(first);
                        discard(payload);
                    }
                }
            }
        };
        if count <= 1 || self.helpers == 0 {
            (0..count).for_each(guarded);
        } else {
            self.share(count, &guarded);
        }
        if let Some(payload) = panic.into_inner() {
            resume_unwind(payload);
        }
    }

    /// Runs a loop of calls that do not panic with the help of idle workers.
    fn share(&self, count: usize, body: &(dyn Fn(usize) + Sync)) {
        job::with(count, body, |job, handle| {
            self.shared.state.lock().jobs.push(job);
            for _ in 0..(count - 1).min(self.helpers) {
                self.shared.work.notify_one();
            }
            handle.run();
            let mut state = self.shared.state.lock();
            while state
                .jobs
                .iter()
                .any(|job| job.is(handle) && job.has_helpers())
            {
                state = self.shared.helped.wait(state);
            }
            state.jobs.retain(|job| !job.is(handle));
        });
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
#[cfg(test)]
#[cfg(not(loom))]
mod tests;
