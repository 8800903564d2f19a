//! Copies of frames into the page-locked memory of a batch.

use pixelflume_device::sync::Mutex;
use pixelflume_device::{DeviceKind, Helpers};
use pixelflume_memory::{MemoryManager, copy_past_caches};

/// Bytes from which on several threads copy a frame, and the bytes that one of them copies at a time.
const LARGE: usize = 1 << 20;
const PIECE: usize = 256 << 10;

/// Threads from which on a frame is written past the caches of the processor, as the uploads of ordinary memory are.
const FILL_THE_BUS: usize = 8;

/// Copies a frame to memory of the same length, which the device of `memory` reads next. One thread alone would be slower than the
/// bus of a GPU. On the host the processors have the frames of other batches to compute.
pub(super) fn copy_frame(memory: &MemoryManager, target: &mut [u8], source: &[u8]) {
    if source.len() < LARGE || memory.device().kind() == DeviceKind::Host {
        return target.copy_from_slice(source);
    }
    let threads = memory.copy_threads();
    let copy = match threads.count() + 1 >= FILL_THE_BUS {
        true => copy_past_caches,
        false => <[u8]>::copy_from_slice,
    };
    copy_in_pieces(threads, target, source, copy);
}

fn copy_in_pieces(threads: &Helpers, target: &mut [u8], source: &[u8], copy: fn(&mut [u8], &[u8])) {
    assert_eq!(target.len(), source.len(), "the lengths of a frame");
    let pieces = target.chunks_mut(PIECE).zip(source.chunks(PIECE));
    let (count, pieces) = (pieces.len(), Mutex::new(pieces));
    threads.for_each(count, &|_| {
        let piece = pieces.lock().next();
        if let Some((target, source)) = piece {
            copy(target, source);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_frame_is_copied() {
        let source: Vec<u8> = (0..5 * PIECE + 7).map(|at| (at * 31 % 251) as u8).collect();
        for threads in [0, 3] {
            let threads = Helpers::new("test", threads);
            for len in [0, 1, PIECE, PIECE + 1, source.len()] {
                let mut target = vec![255; len];
                copy_in_pieces(&threads, &mut target, &source[..len], copy_past_caches);
                assert!(target == source[..len], "{len}");
            }
        }
    }
}
