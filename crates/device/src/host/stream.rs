//! Streams of the host device: FIFO queues that a worker drains.
#![expect(
    unsafe_code,
    reason = "runs work whose addresses were promised to be good when it was queued"
)]

use super::action::Action;
use super::capture::{self, CapturePoint, Capturing, Session};
use super::checker::Checker;
use super::event::{EventPoint, HostEvent};
use super::graph::{ExecNodes, HostExec, HostGraph};
use super::ordered_pool::HostOrderedPool;
use crate::access::Accesses;
use crate::address::Address;
use crate::args::Args;
use crate::error::DeviceError;
use crate::kernel::HostKernel;
use crate::panics::contain_panic;
use crate::process::ProcessBound;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::task::{TaskFailure, TaskObserver, Ticket};
use crate::workers::{Drain, Shared, Workers};
use std::collections::VecDeque;
use std::sync::Arc;

/// A stream of the host device. Work that is queued when the last handle goes still runs.
pub(crate) struct HostStream(Arc<StreamCore>);

pub(crate) struct StreamCore {
    queue: ProcessBound<Mutex<Queue>>,
    progress: Condvar,
    pool: Arc<Shared>,
    /// The checker of a checked device, and the stream's number there.
    checker: Option<(Arc<Checker>, u64)>,
}

struct Queue {
    commands: VecDeque<Command>,
    /// Whether the pool has the stream: it is ready, running, or waits for an event.
    active: bool,
    submitted: u64,
    completed: u64,
    /// The first failure of a launch without a ticket since the last synchronization.
    failure: Option<TaskFailure>,
    /// Set while the stream records its work in a capture in place of running it.
    capturing: Option<Capturing>,
}

/// An entry of a queue.
#[expect(
    clippy::large_enum_variant,
    reason = "arguments lie in the queue itself, so that enqueuing allocates nothing"
)]
enum Command {
    Action(Action),
    Record(EventPoint),
    Wait(EventPoint),
    Graph {
        nodes: Arc<ExecNodes>,
        observer: Option<Arc<dyn TaskObserver>>,
    },
}

impl HostStream {
    pub(crate) fn new(pool: Arc<Shared>, checker: Option<Arc<Checker>>) -> Self {
        let checker = checker.map(|checker| {
            let number = checker.new_stream();
            (checker, number)
        });
        let queue = Queue {
            commands: VecDeque::with_capacity(64),
            active: false,
            submitted: 0,
            completed: 0,
            failure: None,
            capturing: None,
        };
        HostStream(Arc::new(StreamCore {
            queue: ProcessBound::new(Mutex::new(queue)),
            progress: Condvar::new(),
            pool,
            checker,
        }))
    }

    /// Enqueues a kernel.
    ///
    /// # Safety
    /// As for [`crate::Stream::enqueue`].
    pub(crate) unsafe fn enqueue(
        &self,
        kernel: &Arc<dyn HostKernel>,
        args: &Args,
        accesses: &Accesses,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        let (kernel, ticket) = (kernel.clone(), ticket.cloned());
        self.submit(Action::Kernel {
            kernel,
            args: *args,
            accesses: *accesses,
            ticket,
        })
    }

    pub(crate) fn record(&self, event: &HostEvent) {
        let queue = self.0.queue.lock();
        match &queue.capturing {
            Some(capturing) => event.set_captured(Some(capturing.point().clone())),
            None => {
                let command = self.recorded(event);
                self.push(queue, command);
            }
        }
    }

    /// Makes the record of an event, for the end of the queue.
    fn recorded(&self, event: &HostEvent) -> Command {
        event.set_captured(None);
        if let Some((checker, number)) = &self.0.checker {
            event.set_clock(checker.record(*number));
        }
        Command::Record(event.next_point())
    }

    /// The wait for the newest record of an event, for the end of the queue; `None` where that record is
    /// complete.
    fn waited(&self, event: &HostEvent) -> Option<Command> {
        if let Some((checker, number)) = &self.0.checker {
            checker.wait(*number, &event.clock());
        }
        event.last_point().map(Command::Wait)
    }

    pub(crate) fn record_time(&self, event: &HostEvent) -> Result<(), DeviceError> {
        event.check_timed("Stream::record_time")?;
        if let Some(capturing) = &mut self.0.queue.lock().capturing {
            return capturing.add(Action::RecordTime(event.clone()));
        }
        self.record(event);
        Ok(())
    }

    pub(crate) fn wait(&self, event: &HostEvent) -> Result<(), DeviceError> {
        let mut queue = self.0.queue.lock();
        let captured: Option<CapturePoint> = event.captured();
        if let Some(capturing) = &mut queue.capturing {
            return capturing.wait(captured.as_ref());
        }
        if let Some(point) = captured {
            queue.capturing = Some(Capturing::join(&self.0, &point)?);
            return Ok(());
        }
        if let Some(command) = self.waited(event) {
            self.push(queue, command);
        }
        Ok(())
    }

    /// Enqueues a copy.
    ///
    /// # Safety
    /// As for [`crate::Stream::copy`].
    pub(crate) unsafe fn copy(
        &self,
        dst: Address,
        src: Address,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        self.submit(Action::Copy { dst, src, bytes })
    }

    /// Enqueues a fill.
    ///
    /// # Safety
    /// As for the target of [`crate::Stream::copy`].
    pub(crate) unsafe fn fill(
        &self,
        dst: Address,
        value: u8,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        self.submit(Action::Fill { dst, value, bytes })
    }

    /// Enqueues a free.
    ///
    /// # Safety
    /// As for [`crate::StreamOrderedPool::free`], whose pool this is.
    pub(crate) unsafe fn free(
        &self,
        pool: &HostOrderedPool,
        address: Address,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        self.submit(Action::Free {
            pool: pool.clone(),
            address,
            bytes,
        })
    }

    /// Waits for all work in the queue; returns the first failure of a launch without a ticket, once.
    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        let mut queue = self.0.queue.lock();
        if let Some(capturing) = &queue.capturing {
            return Err(capturing.spoil("a capturing stream was synchronized"));
        }
        let until = queue.submitted;
        while queue.completed < until {
            self.0.progress.wait(&mut queue);
        }
        if let Some((checker, number)) = &self.0.checker {
            checker.host_waited_for(Some(*number));
        }
        Ok(queue.failure.take().map_or(Ok(()), Err)?)
    }

    pub(crate) fn is_idle(&self) -> bool {
        let queue = self.0.queue.lock();
        let idle = queue.completed == queue.submitted;
        if let Some((checker, number)) = self.0.checker.as_ref().filter(|_| idle) {
            checker.host_waited_for(Some(*number));
        }
        idle
    }

    pub(crate) fn begin_capture(&self) -> Result<(), DeviceError> {
        let mut queue = self.0.queue.lock();
        if queue.capturing.is_some() {
            return Err(capture::error("the stream is capturing already"));
        }
        queue.capturing = Some(Capturing::begin(&self.0));
        Ok(())
    }

    pub(crate) fn end_capture(&self) -> Result<HostGraph, DeviceError> {
        let mut queue = self.0.queue.lock();
        if !queue.capturing.as_ref().is_some_and(Capturing::is_origin) {
            return Err(capture::error("no capture began on the stream"));
        }
        let capturing = queue.capturing.take();
        drop(queue);
        capturing.map_or_else(
            || Err(capture::error("no capture began on the stream")),
            Capturing::end,
        )
    }

    pub(crate) fn is_capturing(&self) -> bool {
        self.0.queue.lock().capturing.is_some()
    }

    /// Enqueues a run of an executable graph, behind its previous run.
    ///
    /// # Safety
    /// As for [`crate::GraphExec::launch`].
    pub(crate) unsafe fn launch(
        &self,
        exec: &HostExec,
        observer: Option<&Arc<dyn TaskObserver>>,
    ) -> Result<(), DeviceError> {
        let launching = exec.launching.lock();
        let mut queue = self.0.queue.lock();
        if let Some(capturing) = &queue.capturing {
            return Err(capturing.spoil("an executable graph was launched inside the capture"));
        }
        let last = self.waited(&exec.done);
        if let Some((checker, number)) = &self.0.checker {
            exec.nodes().check(checker, *number)?;
        }
        exec.nodes().announce_records();
        let run = Command::Graph {
            nodes: exec.nodes().clone(),
            observer: observer.cloned(),
        };
        let done = self.recorded(&exec.done);
        for command in last.into_iter().chain([run, done]) {
            queue.append(command);
        }
        // Before the stream is started: where there are no workers that runs it, here.
        drop(launching);
        self.start(queue);
        Ok(())
    }

    fn submit(&self, action: Action) -> Result<(), DeviceError> {
        let mut queue = self.0.queue.lock();
        if let Some(capturing) = &mut queue.capturing {
            return capturing.add(action);
        }
        if let Some((checker, number)) = &self.0.checker {
            action.with_touch(|touch| match &action {
                Action::Free { .. } => checker.release(*number, touch),
                _ => checker.submit(*number, &[touch]),
            })?;
        }
        self.push(queue, Command::Action(action));
        Ok(())
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, command: Command) {
        queue.append(command);
        self.start(queue);
    }

    /// Gives the stream to the workers, unless they have it.
    fn start(&self, mut queue: MutexGuard<'_, Queue>) {
        let start = !std::mem::replace(&mut queue.active, true);
        drop(queue);
        if start {
            self.0.pool.start(self.0.clone());
        }
    }
}

impl Queue {
    fn append(&mut self, command: Command) {
        self.commands.push_back(command);
        self.submitted += 1;
    }
}

impl StreamCore {
    /// Lets the stream go on after the event that it waited for.
    pub(super) fn resume(self: &Arc<Self>) {
        self.pool.resume(self.clone());
    }

    /// Ends the stream's part in a capture.
    pub(super) fn leave_capture(&self, session: &Arc<Session>) {
        let mut queue = self.queue.lock();
        if queue
            .capturing
            .as_ref()
            .is_some_and(|capturing| capturing.belongs_to(session))
        {
            queue.capturing = None;
        }
    }
}

impl Drain for StreamCore {
    fn drain(self: Arc<Self>, workers: &Workers<'_>) {
        let mut queue = self.queue.lock();
        while let Some(command) = queue.commands.pop_front() {
            // Points are tried under the lock: when one is not reached the command is back at the front before another
            // worker can resume the stream.
            let reached = match &command {
                Command::Wait(point) => point.reached_or_wake(&self),
                Command::Record(point) => point.complete_or_wake(&self),
                _ => true,
            };
            if !reached {
                queue.commands.push_front(command);
                return;
            }
            let failure = MutexGuard::unlocked(&mut queue, || {
                // Kernels are caught where they run; here it is for those who follow tasks.
                let result = TaskFailure::catch(|| match &command {
                    // SAFETY: the caller that queued the work promised that its memory is valid until it is done (all ways to put
                    // something into the queue that touches memory are unsafe), and commands of a stream run in order.
                    Command::Action(action) => unsafe { action.run(workers, None) },
                    // SAFETY: as above, for the caller that launched the graph.
                    Command::Graph { nodes, observer } => unsafe {
                        nodes.run(workers, observer.as_deref())
                    },
                    Command::Record(_) | Command::Wait(_) => Ok(()),
                });
                // Here may go the last handle of a kernel, with whatever its maker put into it.
                contain_panic("the drop of a launch", || drop(command));
                result.err()
            });
            if let Some(failure) = failure {
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
