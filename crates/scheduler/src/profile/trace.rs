//! The trace recorder: events with their times, on threads and streams.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use pixelflume_device::sync::Mutex;

use super::chrome;
use crate::path::RunPath;

/// The number of events that a trace keeps by default, some 70 MB.
const CAPACITY: usize = 1 << 20;

/// A recorder of what executors do, for a look at it in Chrome (`chrome://tracing`) or Perfetto. Cloning gives another
/// handle.
///
/// There is a row per thread that submits, and per stream of each executor: give it to
/// [`Executor::set_trace`](crate::Executor::set_trace). Streams show when tasks ran. On the host device that is every task
/// of every run, timed by the worker that runs it. On a GPU it is every task of every direct run, timed by events before
/// its first launch and after its last one; of the runs that are graphs only samples ([`Trace::with_sampling`]), since
/// records inside a graph make it another graph, and one that costs more.
///
/// A trace is bounded: it keeps its first events, and counts the others. Executors that share one take turns at a lock.
#[derive(Clone)]
pub struct Trace {
    log: Arc<Mutex<Log>>,
    every: u32,
}

/// The default number of graph launches from one sample to the next.
const SAMPLING: u32 = 16;

pub(super) struct Log {
    pub(super) events: Vec<Event>,
    capacity: usize,
    pub(super) dropped: u64,
    pub(super) threads: Vec<(ThreadId, String)>,
    /// The groups of rows beside the threads: executors, each with its streams, and [`TraceRows`](super::TraceRows).
    pub(super) devices: Vec<DeviceRows>,
}

/// A title, and the names of the rows under it.
pub(super) struct DeviceRows {
    pub(super) title: String,
    pub(super) rows: Vec<String>,
}

pub(super) struct Event {
    pub(super) name: Name,
    pub(super) row: RowId,
    /// The start of the event, in nanoseconds of the process clock.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) batch: u64,
}

/// The kind and the name of an event.
pub(super) enum Name {
    /// A step of an executor.
    Step(&'static str),
    /// The submission of a task.
    Submission(Arc<str>),
    /// A task on its stream.
    Task(Arc<str>),
    /// A change in how runs are submitted. It has no length.
    Path(RunPath),
}

#[derive(Copy, Clone)]
pub(super) enum RowId {
    Thread(usize),
    Stream { device: usize, stream: usize },
}

/// An executor's number in a trace.
#[derive(Copy, Clone, Debug)]
pub(super) struct DeviceId(usize);

impl DeviceId {
    pub(super) fn stream(self, stream: usize) -> RowId {
        RowId::Stream {
            device: self.0,
            stream,
        }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Trace::with_capacity(CAPACITY)
    }
}

impl Trace {
    /// An empty trace of the default capacity, 2^20 events.
    #[must_use]
    pub fn new() -> Self {
        Trace::default()
    }

    /// An empty trace that keeps at most `events` events.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        Trace {
            log: Arc::new(Mutex::new(Log {
                events: Vec::new(),
                capacity: events,
                dropped: 0,
                threads: Vec::new(),
                devices: Vec::new(),
            })),
            every: SAMPLING,
        }
    }

    /// The same trace, through a handle that asks executors for the times of tasks in one of `every` runs that are graphs,
    /// the second one and each `every`-th after it; 1 asks for all of them, and 0 counts as 1. 16 unless told otherwise.
    /// The first sample of a graph captures it once more, and an executable is kept beside it.
    #[must_use]
    pub fn with_sampling(mut self, every: u32) -> Self {
        self.every = every.max(1);
        self
    }

    pub(super) fn sampling(&self) -> u32 {
        self.every
    }

    /// Number of events in the trace.
    #[must_use]
    pub fn len(&self) -> usize {
        self.log.lock().events.len()
    }

    /// Whether the trace has no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of events that were dropped, since the trace was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.log.lock().dropped
    }

    /// Writes the trace as JSON in the trace event format of Chrome, which Perfetto reads too. Times are in
    /// microseconds.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write_chrome(&self, to: impl io::Write) -> io::Result<()> {
        chrome::write(&self.log.lock(), to)
    }

    pub(super) fn add_device(&self, title: String, rows: Vec<String>) -> DeviceId {
        let mut log = self.log.lock();
        log.devices.push(DeviceRows { title, rows });
        DeviceId(log.devices.len() - 1)
    }

    /// Adds an event of the calling thread.
    pub(super) fn add_host(&self, name: Name, start: u64, end: u64, batch: u64) {
        let mut log = self.log.lock();
        let row = RowId::Thread(log.this_thread());
        log.add(Event {
            name,
            row,
            start,
            end,
            batch,
        });
    }

    pub(super) fn add_tasks(&self, tasks: impl Iterator<Item = (Name, RowId, u64, u64, u64)>) {
        let mut log = self.log.lock();
        for (name, row, start, end, batch) in tasks {
            log.add(Event {
                name,
                row,
                start,
                end,
                batch,
            });
        }
    }
}

impl Log {
    fn add(&mut self, event: Event) {
        if self.events.len() < self.capacity {
            self.events.push(event);
        } else {
            self.dropped += 1;
        }
    }

    fn this_thread(&mut self) -> usize {
        let this = thread::current();
        let known = self.threads.iter().position(|(id, _)| *id == this.id());
        known.unwrap_or_else(|| {
            let number = self.threads.len();
            let name = match this.name() {
                Some(name) => name.to_owned(),
                None => format!("thread {number}"),
            };
            self.threads.push((this.id(), name));
            number
        })
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({} events)", self.len())
    }
}
