//! Limits on the memory and the image size of a run.

use crate::machine;
use bytesize::ByteSize;
use pixelflume::codec::{DECODER_BYTES, HEADER_BYTES};

/// The largest batch, in images.
pub(crate) const MAX_BATCH: u32 = 1024;

/// The least default of `--host-memory`, and the default for each thread where that is more; in bytes.
const HOST_MEMORY: u64 = 4 << 30;
const HOST_MEMORY_OF_THREAD: u64 = 8 * OPENED;

/// Memory for an image whose header is being read, before its need is known: the bytes of the header that decoders keep
/// ([`HEADER_BYTES`]) and their own memory ([`DECODER_BYTES`]).
const OPENED: u64 = HEADER_BYTES as u64 + DECODER_BYTES;

/// Bytes of images between reading and writing above which no further image is begun: two batches of eight photographs of 10
/// megapixels.
const ON_THEIR_WAY: u64 = 512 << 20;

/// The limits of a run. Half of the host memory is for images between reading and writing, three eighths are for engines, and
/// an eighth is for images that are being opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// The most pixels of an image or frame.
    pub(crate) max_pixels: u64,
    /// The most bytes of host memory in total.
    pub(crate) host_memory: u64,
}

impl Limits {
    /// The default limits for `threads` threads, at most half of the available memory.
    pub(crate) fn of_threads(max_pixels: u64, threads: usize) -> Self {
        let of_threads = HOST_MEMORY_OF_THREAD.saturating_mul(threads as u64);
        let wanted = HOST_MEMORY.max(of_threads);
        Limits {
            max_pixels,
            // The other half is left to the rest of the program and of the machine.
            host_memory: machine::memory().map_or(wanted, |bytes| wanted.min(bytes / 2)),
        }
    }

    /// The most bytes that writing one image, or reading and writing one frame may take.
    pub(crate) fn image_bytes(&self) -> u64 {
        self.host_memory / 2
    }

    /// The most bytes of images between reading and their engine; a single image may take more.
    pub(crate) fn on_their_way(&self) -> u64 {
        ON_THEIR_WAY.min(self.image_bytes())
    }

    /// The most bytes that reading one image may take. One that takes so much is read alone: beside a quarter of the bytes of others it is not
    /// more than half of the host memory.
    pub(crate) fn item_bytes(&self) -> u64 {
        self.host_memory / 8 * 3
    }

    /// The most bytes of all engines: page-locked memory, and device memory where the host is the device.
    pub(crate) fn engine_bytes(&self) -> usize {
        usize::try_from(self.host_memory / 8 * 3).unwrap_or(usize::MAX)
    }

    /// The most images that are opened at one time; at least 1.
    pub(crate) fn opened(&self) -> usize {
        let images = self.host_memory / 8 / OPENED;
        usize::try_from(images).unwrap_or(usize::MAX).max(1)
    }

    /// The text of an image that takes too many bytes while it is read.
    pub(crate) fn too_large(&self, bytes: u64) -> String {
        format!(
            "reading it takes {} of memory, and may take {}, three eighths of --host-memory; raise that if the source is to be trusted",
            ByteSize(bytes),
            ByteSize(self.item_bytes())
        )
    }

    /// Refuses an image that needs `bytes` bytes, where that is more than one image may take; `what` begins the message.
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
            let opened = limits.opened() as u64 * OPENED;
            let parts = limits.image_bytes() + limits.engine_bytes() as u64 + opened;
            // One image has to be opened in any case.
            assert!(parts <= host_memory.max(8 * OPENED), "{host_memory}");
            let largest = limits.item_bytes() + limits.on_their_way() / 4;
            assert!(limits.on_their_way().max(largest) <= limits.image_bytes());
        }
    }

    #[test]
    fn each_thread_has_memory_for_an_image_that_it_opens() {
        for threads in [1, 2, 32, 33, 256, 1024] {
            let limits = Limits::of_threads(1, threads);
            let is_short = machine::memory().is_some_and(|bytes| limits.host_memory == bytes / 2);
            assert!(is_short || limits.opened() >= threads, "{threads}");
            assert!(is_short || limits.host_memory >= 4 << 30);
        }
    }
}
