//! The pieces of a download, which several threads take apart as they arrive.

use crate::lane::staging::pieces::Pieces;
use crate::outputs::rows::OutputRows;
use pixelflume_device::sync::{Condvar, Mutex, MutexGuard};
use pixelflume_memory::{MemoryError, PinnedBuffer};
use std::iter::Enumerate;
use std::slice::IterMut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The time for which a thread looks for the next piece before it sleeps. A piece takes less where the bus is fast, and to wake
/// a thread takes longer.
const LOOKING: Duration = Duration::from_micros(50);

/// The download of an output. One thread at a time waits for a piece in the driver, where many threads keep each other from
/// seeing that their piece is there.
pub(super) struct Arrivals<'a> {
    pieces: Pieces,
    state: Mutex<State<'a>>,
    /// The number of waits for pieces that are over. Changed under the lock of the state.
    waits: AtomicUsize,
    changed: Condvar,
}

struct State<'a> {
    /// The places of the rows that no thread has taken.
    place: OutputRows<'a>,
    /// The pieces for which no thread has waited.
    buffers: Enumerate<IterMut<'a, Mutex<PinnedBuffer>>>,
    /// The bytes of the last piece that has arrived that no thread has taken.
    rest: &'a [u8],
    /// Rows that a thread takes of them at a time.
    rows: usize,
    /// Whether a thread waits for the next piece.
    is_waited_for: bool,
}

impl<'a> Arrivals<'a> {
    /// The download of these pieces, each in the buffer of its index, to `place`.
    pub(super) fn new(
        pieces: Pieces,
        buffers: &'a mut [Mutex<PinnedBuffer>],
        place: OutputRows<'a>,
    ) -> Self {
        let buffers = buffers[..pieces.count()].iter_mut().enumerate();
        Arrivals {
            pieces,
            state: Mutex::new(State {
                place,
                buffers,
                rest: &[],
                rows: 0,
                is_waited_for: false,
            }),
            waits: AtomicUsize::new(0),
            changed: Condvar::new(),
        }
    }

    /// Copies parts to their places until none is left. Called by any number of threads.
    pub(super) fn take_apart(&self) -> Result<(), MemoryError> {
        while let Some((bytes, mut place)) = self.next_part()? {
            place.write(bytes);
        }
        Ok(())
    }

    /// The next part with its place, after a wait for its piece; `None` where all are taken, or a wait has failed.
    fn next_part(&self) -> Result<Option<(&'a [u8], OutputRows<'a>)>, MemoryError> {
        let mut state = self.state.lock();
        loop {
            if !state.rest.is_empty() {
                return Ok(Some(state.take(self.pieces.row_bytes())));
            }
            if state.is_waited_for {
                self.look(&mut state);
                continue;
            }
            let Some((piece, buffer)) = state.buffers.next() else {
                return Ok(None);
            };
            state.is_waited_for = true;
            let arrived = MutexGuard::unlocked(&mut state, || buffer.get_mut().as_slice());
            state.is_waited_for = false;
            self.waits.fetch_add(1, Ordering::Relaxed);
            self.changed.notify_all();
            match arrived {
                Ok(bytes) => {
                    state.rest = &bytes[..self.pieces.bytes(piece).len()];
                    state.rows = self.pieces.rows_of_part(piece);
                }
                Err(error) => {
                    state.buffers = [].iter_mut().enumerate();
                    return Err(error);
                }
            }
        }
    }

    /// Waits until the wait of another thread is over, or somewhat shorter.
    fn look(&self, state: &mut MutexGuard<'_, State<'a>>) {
        let before = self.waits.load(Ordering::Relaxed);
        let is_over = || self.waits.load(Ordering::Relaxed) != before;
        MutexGuard::unlocked(state, || {
            let start = Instant::now();
            while !is_over() && start.elapsed() < LOOKING {
                std::hint::spin_loop();
            }
        });
        if !is_over() {
            self.changed.wait(state);
        }
    }
}

impl<'a> State<'a> {
    /// Takes a part of the piece that has arrived.
    fn take(&mut self, row_bytes: usize) -> (&'a [u8], OutputRows<'a>) {
        let bytes = self.rest.len().min(self.rows * row_bytes);
        let (part, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        (part, self.place.take(bytes / row_bytes))
    }
}
