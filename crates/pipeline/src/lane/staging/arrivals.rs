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

#[cfg(test)]
#[expect(unsafe_code, reason = "puts a kernel into a stream")]
mod tests {
    use super::*;
    use crate::outputs::Output;
    use pixelflume_device::testing::Call;
    use pixelflume_device::{Args, Device, HostKernel, Launch, Stream, TaskFailure, Workers};
    use pixelflume_memory::{MemoryConfig, MemoryManager};
    use pixelflume_ops::ImageShape;
    use pixelflume_ops::image::owned::Image;
    use std::sync::Arc;

    const SHAPE: ImageShape = ImageShape::u8(701, 570, 3);
    const FRAMES: usize = 6;
    const THREADS: usize = 4;

    /// Work that takes much longer than a thread looks for a piece.
    struct Nap;

    impl HostKernel for Nap {
        unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
            std::thread::sleep(40 * LOOKING);
            Ok(())
        }
    }

    fn nap(stream: &Stream) {
        let launch = Launch::host(Arc::new(Nap), Args::EMPTY);
        // SAFETY: the kernel touches no memory.
        unsafe { stream.enqueue(&launch, None) }.unwrap();
    }

    /// The places of a batch, into which several threads take the pieces of its download apart that come long after each other,
    /// and the result of each thread.
    fn download(
        device: &Device,
        sent: &[u8],
        before: impl Fn(),
    ) -> (Vec<Image>, Vec<Result<(), MemoryError>>) {
        let memory = MemoryManager::new(device, MemoryConfig::default());
        let stream = device.stream().unwrap();
        let pieces = Pieces::even(SHAPE, FRAMES);
        let mut source = memory.pinned(sent.len()).unwrap();
        source.as_mut_slice().unwrap().copy_from_slice(sent);
        let mut batch = memory.allocate(sent.len(), &stream).unwrap();
        batch
            .upload(0, &mut source, 0..sent.len(), &stream)
            .unwrap();
        let mut buffers: Vec<_> = (0..pieces.count())
            .map(|piece| {
                nap(&stream);
                let bytes = pieces.bytes(piece);
                // As one that was made for a larger batch.
                let mut buffer = memory.pinned(bytes.len() + 1).unwrap();
                let copied = batch.download(bytes.start, &mut buffer, 0..bytes.len(), &stream);
                copied.unwrap();
                Mutex::new(buffer)
            })
            .collect();
        let mut images = Vec::new();
        let mut output = Output::Images(&mut images);
        let place = output.rows(SHAPE, 0..FRAMES);
        before();
        let arrivals = Arrivals::new(pieces, &mut buffers, place);
        let results = std::thread::scope(|scope| {
            let threads = [(); THREADS].map(|()| scope.spawn(|| arrivals.take_apart()));
            threads.map(|thread| thread.join().unwrap())
        });
        device.refusals().clear();
        (images, results.into())
    }

    fn sent() -> Vec<u8> {
        let bytes = 0..SHAPE.bytes() * FRAMES;
        bytes.map(|at| (at * 7 % 251) as u8).collect()
    }

    #[test]
    fn threads_that_sleep_between_pieces_put_every_byte_into_its_place() {
        let sent = sent();
        let (images, results) = download(&Device::host(), &sent, || {});
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let got: Vec<u8> = images.iter().flat_map(Image::data).copied().collect();
        assert!(got == sent);
    }

    #[test]
    fn a_wait_that_fails_ends_all_threads_and_one_tells() {
        let device = Device::host();
        let refuse = || {
            let calls = [Call::SynchronizeEvent, Call::SynchronizeDevice];
            device.refusals().refuse_all(&calls);
        };
        let (_, results) = download(&device, &sent(), refuse);
        let failures = results.iter().filter(|result| result.is_err()).count();
        assert_eq!(failures, 1, "{results:?}");
    }
}
