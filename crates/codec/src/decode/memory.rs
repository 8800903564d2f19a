//! Memory of decoders that a thread keeps from one file to the next.

use std::cell::RefCell;

/// The most bytes that a thread keeps. What a larger image took is given back after it.
const KEPT_BYTES: u64 = 16 << 20;

/// What a thread keeps, so that files after the first of a size take no memory but that of their image.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) jpeg: pixelflume_jpeg::Decoder,
    /// The bytes of a file that is read from disk.
    pub(crate) file: Vec<u8>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Calls `decode`, which takes about `bytes` bytes, with the memory of this thread; it must not decode another file itself. After a panic in
/// `decode` the memory is not used again.
pub(crate) fn with_memory<R>(bytes: u64, decode: impl FnOnce(&mut Memory) -> R) -> R {
    // It is away until `decode` has returned.
    let mut memory = MEMORY.take();
    let result = decode(&mut memory);
    if bytes <= KEPT_BYTES {
        MEMORY.set(memory);
    }
    result
}
