//! The pieces of an upload, which several threads fill and one at a time sends.

use crate::lane::staging::pieces::Pieces;
use pixelflume_device::Stream;
use pixelflume_device::sync::Mutex;
use pixelflume_memory::{DeviceBuffer, MemoryError, PinnedBuffer};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The uploads of an input. No thread waits for another one here: who has filled a piece while another thread sends one leaves
/// it to that thread. (Many threads that send at once wait for each other in the driver, and a thread that sleeps there keeps
/// its piece from the device for long.)
pub(super) struct Uploads<'a> {
    pieces: Pieces,
    buffers: &'a [Mutex<PinnedBuffer>],
    /// Whether a piece is filled and was not sent; at least one for each piece.
    filled: &'a [AtomicBool],
    /// The number of filled pieces that were not sent.
    waiting: AtomicUsize,
    target: Mutex<&'a mut DeviceBuffer>,
    /// The place of the input in the target.
    offset: usize,
    stream: &'a Stream,
}

impl<'a> Uploads<'a> {
    /// The uploads of these pieces, each from the buffer of its index, to `target` from byte `offset` on.
    pub(super) fn new(
        pieces: Pieces,
        buffers: &'a [Mutex<PinnedBuffer>],
        filled: &'a mut Vec<AtomicBool>,
        target: (&'a mut DeviceBuffer, usize),
        stream: &'a Stream,
    ) -> Self {
        // Pieces of an upload that failed may be left.
        filled.clear();
        filled.resize_with(buffers.len(), AtomicBool::default);
        Uploads {
            pieces,
            buffers,
            filled,
            waiting: AtomicUsize::new(0),
            target: Mutex::new(target.0),
            offset: target.1,
            stream,
        }
    }

    /// Fills a piece by `fill`, which gets the rows of the batch and their place, and sees to it that it is sent. Called once
    /// for each piece.
    pub(super) fn fill(
        &self,
        piece: usize,
        fill: impl FnOnce(Range<usize>, &mut [u8]),
    ) -> Result<(), MemoryError> {
        let mut buffer = self.buffers[piece].lock();
        let bytes = self.pieces.bytes(piece).len();
        fill(
            self.pieces.rows(piece),
            &mut buffer.as_mut_slice()?[..bytes],
        );
        drop(buffer);
        // First marked, then counted: who sees the count finds as many marks. It may be another piece's mark.
        self.filled[piece].store(true, Ordering::Release);
        if self.waiting.fetch_add(1, Ordering::AcqRel) > 0 {
            return Ok(());
        }
        // This thread sends until no piece is left: the lock is free, or about to be.
        let mut target = self.target.lock();
        loop {
            self.send_first(&mut target)?;
            if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
                return Ok(());
            }
        }
    }

    /// Sends the first of the filled pieces.
    fn send_first(&self, target: &mut DeviceBuffer) -> Result<(), MemoryError> {
        let mut filled = self.filled.iter();
        let Some(piece) = filled.position(|filled| filled.swap(false, Ordering::AcqRel)) else {
            unreachable!("a piece is marked before it is counted");
        };
        let bytes = self.pieces.bytes(piece);
        let mut buffer = self.buffers[piece].lock();
        // Pieces come in any order: the run is behind all of them.
        let at = self.offset + bytes.start;
        target.upload(at, &mut buffer, 0..bytes.len(), self.stream)
    }
}
