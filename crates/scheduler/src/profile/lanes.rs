//! Rows of a trace for work of the program's own threads.

use std::sync::Arc;

use super::clock::now;
use super::trace::{DeviceId, Name, Trace};

/// A time on the clock of traces.
#[derive(Clone, Copy, Debug)]
pub struct TraceTime(u64);

impl TraceTime {
    /// The present time.
    #[must_use]
    pub fn now() -> Self {
        TraceTime(now())
    }
}

/// Rows of a trace for work on the host that goes from thread to thread, such as the steps of a job. Boxes in one row must not overlap.
#[derive(Debug)]
pub struct HostRows {
    trace: Trace,
    id: DeviceId,
    name: Arc<str>,
    rows: usize,
}

impl HostRows {
    /// Makes rows with these names, under a title. All of their boxes are called `name`.
    #[must_use]
    pub fn new(trace: &Trace, title: &str, name: &str, rows: Vec<String>) -> Self {
        HostRows {
            name: name.into(),
            rows: rows.len(),
            id: trace.add_device(title.to_owned(), rows),
            trace: trace.clone(),
        }
    }

    /// Adds a box from `start` to the present, for the batch or the item of this number.
    ///
    /// # Panics
    /// There is no row of that index.
    pub fn add(&self, row: usize, start: TraceTime, number: u64) {
        assert!(row < self.rows, "there is no row {row}");
        let name = Name::Task(Arc::clone(&self.name));
        let one = (name, self.id.stream(row), start.0, now(), number);
        self.trace.add_tasks(std::iter::once(one));
    }
}
