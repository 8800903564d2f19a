//! Streams of the host device: FIFO queues that a worker drains.
#![expect(unsafe_code, reason = "copies and fills by address, as a device does")]

use super::event::{HostEvent, Point};
use super::memory_pool::HostPool;
use super::pool::{Shared, Workers};
use crate::{Address, Args, HostKernel, TaskFailure, Ticket};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A stream of the host device. Work that is queued when the last handle goes still runs.
pub(crate) struct HostStream(Arc<StreamCore>);

pub(crate) struct StreamCore {
    queue: Mutex<Queue>,
    progress: Condvar,
    pool: Arc<Shared>,
}

struct Queue {
    commands: VecDeque<Command>,
    /// Whether the pool knows the stream: it is ready, running, or waits for an event.
    active: bool,
    submitted: u64,
    completed: u64,
    /// The first failure of a launch without a ticket since the last synchronisation.
    failure: Option<TaskFailure>,
}

/// A piece of work in a queue.
#[expect(
    clippy::large_enum_variant,
    reason = "arguments lie in the queue itself, so that enqueuing allocates nothing"
)]
enum Command {
    Kernel {
        kernel: Arc<dyn HostKernel>,
        args: Args,
        ticket: Option<Ticket>,
    },
    Record(Point),
    Wait(Point),
    Copy(Copy2d),
    Fill {
        dst: Address,
        value: u8,
        bytes: usize,
    },
    Free {
        pool: HostPool,
        address: Address,
        bytes: usize,
    },
}

/// A copy of `rows` rows of `row_bytes` bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copy2d {
    pub(crate) dst: Address,
    pub(crate) dst_pitch: usize,
    pub(crate) src: Address,
    pub(crate) src_pitch: usize,
    pub(crate) row_bytes: usize,
    pub(crate) rows: usize,
}

/// What became of a command that was tried.
enum Tried {
    Done,
    Failed(TaskFailure),
    /// It cannot run yet; whoever it waits for resumes the stream.
    Blocked,
}

impl HostStream {
    pub(crate) fn new(pool: Arc<Shared>) -> Self {
        let queue = Queue {
            commands: VecDeque::with_capacity(64),
            active: false,
            submitted: 0,
            completed: 0,
            failure: None,
        };
        HostStream(Arc::new(StreamCore {
            queue: Mutex::new(queue),
            progress: Condvar::new(),
            pool,
        }))
    }

    pub(crate) fn enqueue(
        &self,
        kernel: &Arc<dyn HostKernel>,
        args: &Args,
        ticket: Option<&Ticket>,
    ) {
        self.push(Command::Kernel {
            kernel: kernel.clone(),
            args: *args,
            ticket: ticket.cloned(),
        });
    }

    pub(crate) fn record(&self, event: &HostEvent) {
        self.push(Command::Record(event.next_point()));
    }

    pub(crate) fn wait(&self, event: &HostEvent) {
        if let Some(point) = event.last_point() {
            self.push(Command::Wait(point));
        }
    }

    /// Queues a copy.
    ///
    /// # Safety
    /// Both sides are valid for the copy until it is done and do not overlap; nothing else writes to the source, or reads
    /// or writes the target, unordered with it.
    pub(crate) unsafe fn copy(&self, copy: Copy2d) {
        self.push(Command::Copy(copy));
    }

    /// Queues a fill.
    ///
    /// # Safety
    /// As for the target of [`HostStream::copy`].
    pub(crate) unsafe fn fill(&self, dst: Address, value: u8, bytes: usize) {
        self.push(Command::Fill { dst, value, bytes });
    }

    /// Queues a free.
    ///
    /// # Safety
    /// As for [`crate::StreamOrderedPool::free`], whose pool this is.
    pub(crate) unsafe fn free(&self, pool: &HostPool, address: Address, bytes: usize) {
        self.push(Command::Free {
            pool: pool.clone(),
            address,
            bytes,
        });
    }

    /// Waits for all work queued so far; the first failure of a launch that had no ticket comes back once.
    pub(crate) fn synchronize(&self) -> Result<(), TaskFailure> {
        let mut queue = self.0.queue.lock();
        let until = queue.submitted;
        while queue.completed < until {
            self.0.progress.wait(&mut queue);
        }
        queue.failure.take().map_or(Ok(()), Err)
    }

    pub(crate) fn is_idle(&self) -> bool {
        let queue = self.0.queue.lock();
        queue.completed == queue.submitted
    }

    fn push(&self, command: Command) {
        let mut queue = self.0.queue.lock();
        queue.commands.push_back(command);
        queue.submitted += 1;
        let start = !std::mem::replace(&mut queue.active, true);
        drop(queue);
        if start {
            self.0.pool.start(self.0.clone());
        }
    }
}

impl StreamCore {
    /// The event that this stream waited for has come.
    pub(super) fn resume(self: &Arc<Self>) {
        self.pool.resume(self.clone());
    }

    /// Runs commands until none are left or one has to wait. Called by one worker at a time: the pool hands a stream out
    /// again only after it became active anew, or was resumed.
    pub(super) fn drain(self: Arc<Self>, workers: &Workers<'_>) {
        let mut queue = self.queue.lock();
        while let Some(command) = queue.commands.pop_front() {
            drop(queue);
            // A blocked command goes back to the front before the stream can be resumed, see `blocked`.
            let tried = match &command {
                Command::Wait(_) | Command::Record(_) => {
                    queue = self.queue.lock();
                    if let Tried::Blocked = command.try_run(&self, workers) {
                        queue.commands.push_front(command);
                        return;
                    }
                    drop(queue);
                    Tried::Done
                }
                _ => command.try_run(&self, workers),
            };
            drop(command);
            queue = self.queue.lock();
            if let Tried::Failed(failure) = tried {
                queue.failure.get_or_insert(failure);
            }
            queue.completed += 1;
            self.progress.notify_all();
        }
        queue.active = false;
        drop(queue);
        self.pool.finish();
    }
}

impl Command {
    fn try_run(&self, stream: &Arc<StreamCore>, workers: &Workers<'_>) -> Tried {
        let reached = match self {
            Command::Kernel {
                kernel,
                args,
                ticket,
            } => {
                return run_kernel(&**kernel, args, ticket.as_ref(), workers);
            }
            Command::Wait(point) => point.reached_or_wake(stream),
            Command::Record(point) => point.complete_or_wake(stream),
            Command::Copy(copy) => {
                for row in 0..copy.rows {
                    let dst = copy.dst.offset(row * copy.dst_pitch).as_ptr::<u8>();
                    let src = copy.src.offset(row * copy.src_pitch).as_ptr::<u8>();
                    // SAFETY: `HostStream::copy` was promised that both sides are valid, do not overlap, and that nothing
                    // unordered touches them; commands of a stream run in order.
                    unsafe { std::ptr::copy_nonoverlapping(src, dst, copy.row_bytes) };
                }
                true
            }
            Command::Fill { dst, value, bytes } => {
                // SAFETY: as for the copy, promised to `HostStream::fill`.
                unsafe { std::ptr::write_bytes(dst.as_ptr::<u8>(), *value, *bytes) };
                true
            }
            Command::Free {
                pool,
                address,
                bytes,
            } => {
                // SAFETY: `HostStream::free` was promised that the block is the pool's and that all work that uses it comes
                // before this command.
                unsafe { pool.take_back(*address, *bytes) };
                true
            }
        };
        if reached { Tried::Done } else { Tried::Blocked }
    }
}

fn run_kernel(
    kernel: &dyn HostKernel,
    args: &Args,
    ticket: Option<&Ticket>,
    workers: &Workers<'_>,
) -> Tried {
    if ticket.is_some_and(|ticket| !ticket.observer.starting(ticket.task)) {
        return Tried::Done;
    }
    let result = catch_unwind(AssertUnwindSafe(|| kernel.run(args, workers)))
        .unwrap_or_else(|payload| Err(TaskFailure::from_panic(&*payload)));
    match (ticket, result) {
        (Some(ticket), result) => {
            ticket.observer.finished(ticket.task, result);
            Tried::Done
        }
        (None, Err(failure)) => Tried::Failed(failure),
        (None, Ok(())) => Tried::Done,
    }
}
