//! What a run may take of the machine, whatever its inputs say.

use bytesize::ByteSize;

/// Most pixels of an image or a frame, where `--max-pixels` does not say: twice 89,478,485, from which Pillow refuses one
/// as a decompression bomb.
pub(crate) const MAX_PIXELS: u64 = 178_956_970;

/// Most bytes of memory of the host, where `--host-memory` does not say.
pub(crate) const HOST_MEMORY: u64 = 4 << 30;

/// Bytes of images on their way above which no further one is begun: two batches of eight photographs of 10 megapixels.
const ON_THEIR_WAY: u64 = 512 << 20;

/// The limits of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// Most pixels of an image or a frame.
    pub(crate) max_pixels: u64,
    /// Most bytes of memory of the host for images and engines together.
    pub(crate) host_memory: u64,
}

impl Limits {
    /// Most bytes that one image takes to be read, and to be written. Half of all: engines have the other half.
    pub(crate) fn image_bytes(&self) -> u64 {
        self.host_memory / 2
    }

    /// Bytes of images on their way, from reading to writing, unless a single one takes more.
    pub(crate) fn on_their_way(&self) -> u64 {
        ON_THEIR_WAY.min(self.image_bytes())
    }

    /// Most bytes of the engines: page-locked memory, and the memory of the device where that is the host.
    pub(crate) fn engine_bytes(&self) -> usize {
        usize::try_from(self.host_memory / 2).unwrap_or(usize::MAX)
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
