//! Uploads in pieces, which several threads fill and one at a time sends.

use crate::lane::staging::pieces::Pieces;
use crate::lane::staging::threads::{for_each, helpers};
use pixelflume_device::sync::Mutex;
use pixelflume_device::{DeviceKind, Helpers, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager, PinnedBuffer, copy_past_caches};
use pixelflume_ops::image::rows::CopyBytes;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Threads that fill pieces about as fast as the bus of a GPU carries them. From there on the GPU's reads are what counts, and
/// pieces are written past the caches of the processor; fewer threads take longer for that than they gain.
const FILL_THE_BUS: usize = 8;

/// An upload in pieces: to a device buffer from a byte on, in the order of a stream.
pub(super) struct Upload<'a> {
    pub(super) pieces: Pieces,
    pub(super) target: (&'a mut DeviceBuffer, usize),
    pub(super) memory: &'a MemoryManager,
    pub(super) stream: &'a Stream,
}

impl Upload<'_> {
    /// Fills the pieces by `pack`, which gets the rows of a piece, their place, and the function to copy with, and starts to copy
    /// each to the device. Returns when all are filled.
    pub(super) fn send(
        self,
        buffers: &[Mutex<PinnedBuffer>],
        filled: &mut Vec<AtomicBool>,
        pack: impl Fn(Range<usize>, &mut [u8], CopyBytes) + Sync,
    ) -> Result<(), MemoryError> {
        let Upload {
            pieces,
            target,
            memory,
            stream,
        } = self;
        // Other threads can put nothing into the default stream of one thread.
        let alone = pieces.is_small() || stream.is_of_one_thread();
        let helpers = helpers(alone, memory);
        let fillers = helpers.map_or(0, Helpers::count) + 1;
        let copy = match memory.device().kind() {
            DeviceKind::Cuda if fillers >= FILL_THE_BUS => copy_past_caches,
            // Or else the next one to read it is a processor.
            DeviceKind::Cuda | DeviceKind::Host => <[u8]>::copy_from_slice,
        };
        let uploads = FilledPieces::new(pieces, buffers, filled, target, stream);
        for_each(helpers, pieces.count(), |piece| {
            uploads.fill(piece, |rows, room| pack(rows, room, copy))
        })
    }
}

/// The pieces of an upload. No thread waits for another one here: who has filled a piece while another thread sends one leaves
/// it to that thread. (Many threads that send at once wait for each other in the driver, and a thread that sleeps there keeps
/// its piece from the device for long.)
struct FilledPieces<'a> {
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

impl<'a> FilledPieces<'a> {
    /// These pieces, each in the buffer of its index, to be sent to `target`: a device buffer, and the byte from which on.
    fn new(
        pieces: Pieces,
        buffers: &'a [Mutex<PinnedBuffer>],
        filled: &'a mut Vec<AtomicBool>,
        target: (&'a mut DeviceBuffer, usize),
        stream: &'a Stream,
    ) -> Self {
        // Pieces of an upload that failed may be left.
        filled.clear();
        filled.resize_with(buffers.len(), AtomicBool::default);
        FilledPieces {
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
    fn fill(
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
