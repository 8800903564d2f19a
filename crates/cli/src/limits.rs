//! What a run may take of the machine, whatever its inputs say.

use crate::machine;
use bytesize::ByteSize;

/// Most pixels of an image or a frame, where `--max-pixels` does not say: twice 89,478,485, from which Pillow refuses one
/// as a decompression bomb.
pub(crate) const MAX_PIXELS: u64 = 178_956_970;

/// Most images of a batch.
pub(crate) const MAX_BATCH: u32 = 1024;

/// Bytes of the host's memory, where `--host-memory` does not say: so many, or so many for each thread where that is more.
const HOST_MEMORY: u64 = 4 << 30;
const HOST_MEMORY_OF_THREAD: u64 = 8 * OPENED;

/// Bytes of an image whose header is read, before it is known what it needs: the header, as much of it as decoders keep
/// ([`HEADER`]), and what they take for themselves ([`DECODER`]).
const OPENED: u64 = 16 << 20;

/// Most bytes of the header of an image.
pub(crate) const HEADER: usize = 8 << 20;

/// Memory that a decoder may take however few pixels there are: tables, colour profiles and the like.
pub(crate) const DECODER: u64 = 8 << 20;

/// Bytes of images on their way above which no further one is begun: two batches of eight photographs of 10 megapixels.
const ON_THEIR_WAY: u64 = 512 << 20;

/// The limits of a run. Of the host's memory, half is for images on their way, three eighths for engines, and an eighth for
/// images that are being opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// Most pixels of an image or a frame.
    pub(crate) max_pixels: u64,
    /// Most bytes of memory of the host, in all.
    pub(crate) host_memory: u64,
}

impl Limits {
    /// Limits with as much of the host's memory as so many threads should have, or half of what there is.
    pub(crate) fn of_threads(max_pixels: u64, threads: usize) -> Self {
        let of_threads = HOST_MEMORY_OF_THREAD.saturating_mul(threads as u64);
        let wanted = HOST_MEMORY.max(of_threads);
        Limits {
            max_pixels,
            // The rest of the program and of the machine have the other half.
            host_memory: machine::memory().map_or(wanted, |bytes| wanted.min(bytes / 2)),
        }
    }

    /// Most bytes that one image takes to be read, and to be written.
    pub(crate) fn image_bytes(&self) -> u64 {
        self.host_memory / 2
    }

    /// Bytes of images on their way, from reading to writing, unless a single one takes more.
    pub(crate) fn on_their_way(&self) -> u64 {
        ON_THEIR_WAY.min(self.image_bytes())
    }

    /// Most bytes of the engines: page-locked memory, and the memory of the device where that is the host.
    pub(crate) fn engine_bytes(&self) -> usize {
        usize::try_from(self.host_memory / 8 * 3).unwrap_or(usize::MAX)
    }

    /// Most images, or sets of them for so many inputs of the pipeline, that are opened at one time; at least 1.
    pub(crate) fn opened(&self, inputs: usize) -> usize {
        let sets = self.host_memory / 8 / OPENED / inputs.max(1) as u64;
        usize::try_from(sets).unwrap_or(usize::MAX).max(1)
    }

    /// Refuses what takes more than an image may; `what` is the begin of the message.
    pub(crate) fn check_image(&self, what: &str, bytes: u64) -> Result<(), String> {
        if bytes <= self.image_bytes() {
            return Ok(());
        }
        Err(format!(
            "{what} takes {} of memory, and may take {}, half of --host-memory; raise that if the source is to be trusted",
            ByteSize(bytes),
            ByteSize(self.image_bytes())
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_not_more_than_the_whole() {
        for host_memory in [1 << 20, 100 << 20, 4 << 30, 1 << 40] {
            let limits = Limits {
                max_pixels: 1,
                host_memory,
            };
            let opened = limits.opened(2) as u64 * 2 * OPENED;
            let parts = limits.image_bytes() + limits.engine_bytes() as u64 + opened;
            // One set has to be opened in any case.
            assert!(parts <= host_memory.max(8 * 2 * OPENED), "{host_memory}");
            assert!(limits.on_their_way() <= limits.image_bytes());
        }
        assert!(HEADER as u64 + DECODER <= OPENED);
    }

    #[test]
    fn each_thread_has_memory_for_an_image_that_it_opens() {
        for threads in [1, 2, 32, 33, 256, 1024] {
            let limits = Limits::of_threads(1, threads);
            let is_short = machine::memory().is_some_and(|bytes| limits.host_memory == bytes / 2);
            assert!(is_short || limits.opened(1) >= threads, "{threads}");
            assert!(is_short || limits.host_memory >= 4 << 30);
        }
    }
}
