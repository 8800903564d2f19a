//! The rows of a job in a trace: some for each kind of work, with a box for each piece.

use pixelflume_scheduler::{HostRows, Trace, TraceTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A kind of work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    /// The headers of an item are read.
    Headers,
    /// A file is read.
    Read,
    /// An image is decoded.
    Decode,
    /// A device has a batch, from the start of its files to the end of its results.
    Run,
    /// Results are ready, until they are taken.
    Deliver,
    /// The sink has the results of an item.
    Write,
}

const NAMES: [&str; 6] = ["headers", "read", "decode", "run", "deliver", "write"];

/// Rows of one kind: as many pieces of work can be shown at a time.
const ROWS: usize = 16;

/// The rows of a job. Pieces of one kind that overlap are in rows of their own; those for which there is none are left out.
#[derive(Debug)]
pub(crate) struct JobTrace {
    lanes: [(HostRows, AtomicU64); NAMES.len()],
}

/// A piece of work, from its making to its drop.
#[derive(Debug)]
pub(crate) struct Piece {
    trace: Arc<JobTrace>,
    lane: Lane,
    row: usize,
    start: TraceTime,
    number: u64,
}

impl JobTrace {
    pub(crate) fn new(trace: &Trace) -> Arc<Self> {
        let lanes = NAMES.map(|name| {
            let rows = (1..=ROWS).map(|row| format!("{name} {row}")).collect();
            let rows = HostRows::new(trace, &format!("job: {name}"), name, rows);
            (rows, AtomicU64::new(0))
        });
        Arc::new(JobTrace { lanes })
    }

    /// Begins a piece of work on the item or the batch of this number.
    pub(crate) fn begin(self: &Arc<Self>, lane: Lane, number: u64) -> Option<Piece> {
        let (_, used) = &self.lanes[lane as usize];
        let claimed = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let row = used.trailing_ones();
            (row < ROWS as u32).then(|| used | 1 << row)
        });
        claimed.ok().map(|used| Piece {
            trace: Arc::clone(self),
            lane,
            row: used.trailing_ones() as usize,
            start: TraceTime::now(),
            number,
        })
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let (rows, used) = &self.trace.lanes[self.lane as usize];
        rows.add(self.row, self.start, self.number);
        used.fetch_and(!(1 << self.row), Ordering::Relaxed);
    }
}
