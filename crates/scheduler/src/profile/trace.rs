//! The trace recorder: what happened when, on which thread or stream.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::Mutex;

use super::chrome;

/// How many events a trace keeps unless told otherwise: some 70 MB.
const CAPACITY: usize = 1 << 20;

/// Records what executors do, to be looked at in Chrome (`chrome://tracing`) or Perfetto. Cloning gives another handle.
///
/// There is a lane per thread that submits, and per stream of each executor: give it to
/// [`Executor::set_trace`](crate::Executor::set_trace). Streams show when tasks ran on devices that report it, today the
/// host. A trace is bounded: it keeps its first events, and counts the others. Executors that share one take turns at a
/// lock.
#[derive(Clone)]
pub struct Trace(Arc<Mutex<Log>>);

pub(super) struct Log {
    pub(super) events: Vec<Event>,
    capacity: usize,
    pub(super) dropped: u64,
    pub(super) threads: Vec<(ThreadId, String)>,
    /// Names of devices, and how many streams each has.
    pub(super) devices: Vec<(String, usize)>,
}

pub(super) struct Event {
    pub(super) name: Name,
    pub(super) lane: Lane,
    /// Nanoseconds of the process clock.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) batch: u64,
}

/// What an event is.
pub(super) enum Name {
    /// A step of an executor.
    Step(&'static str),
    /// The submission of a task.
    Submission(Arc<str>),
    /// A task on its stream.
    Task(Arc<str>),
}

#[derive(Copy, Clone)]
pub(super) enum Lane {
    Thread(usize),
    Stream { device: usize, stream: usize },
}

/// An executor's number in a trace.
#[derive(Copy, Clone, Debug)]
pub(super) struct DeviceId(usize);

impl DeviceId {
    pub(super) fn stream(self, stream: usize) -> Lane {
        Lane::Stream {
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

    /// An empty trace that keeps so many events.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        Trace(Arc::new(Mutex::new(Log {
            events: Vec::new(),
            capacity: events,
            dropped: 0,
            threads: Vec::new(),
            devices: Vec::new(),
        })))
    }

    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().events.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events came when it was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }

    /// Writes it as JSON in the trace event format of Chrome, which Perfetto reads too. Times are in microseconds.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write_chrome(&self, to: impl io::Write) -> io::Result<()> {
        chrome::write(&self.0.lock(), to)
    }

    pub(super) fn add_device(&self, name: &str, streams: usize) -> DeviceId {
        let mut log = self.0.lock();
        log.devices.push((name.to_owned(), streams));
        DeviceId(log.devices.len() - 1)
    }

    /// Adds what happened on this thread.
    pub(super) fn add_host(&self, name: Name, start: u64, end: u64, batch: u64) {
        let mut log = self.0.lock();
        let lane = Lane::Thread(log.this_thread());
        log.add(Event {
            name,
            lane,
            start,
            end,
            batch,
        });
    }

    pub(super) fn add_tasks(&self, tasks: impl Iterator<Item = (Name, Lane, u64, u64, u64)>) {
        let mut log = self.0.lock();
        for (name, lane, start, end, batch) in tasks {
            log.add(Event {
                name,
                lane,
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
