//! The errors of memory requests, with what the user can do.

use pixelflume_device::DeviceError;
use thiserror::Error;

/// An error of the memory layer.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The request is larger than the device's memory.
    #[error(
        "{asked} bytes can never fit on {device}, which has {total} bytes in all; use smaller images or batches"
    )]
    NeverFits {
        /// Size of the request in bytes.
        asked: usize,
        /// Name of the device.
        device: String,
        /// Total memory of the device in bytes.
        total: u64,
    },
    /// The device has not enough free memory now.
    #[error(
        "{asked} bytes are not available on {device} now ({}{in_use} bytes in use here, at most {high_water} so far); drop \
         buffers, use a smaller batch, or end other programs that use the device",
        free.map_or(String::new(), |free| format!("{free} bytes free, "))
    )]
    NotNow {
        /// Size of the request in bytes.
        asked: usize,
        /// Name of the device.
        device: String,
        /// Free bytes of the device; `None` where the device does not tell.
        free: Option<usize>,
        /// Bytes that this manager has handed out.
        in_use: usize,
        /// The most bytes that this manager had handed out at one time.
        high_water: usize,
    },
    /// The request does not fit within the configured limit.
    #[error(
        "{asked} bytes more (a block of {block}) would pass the memory limit of {limit} bytes ({in_use} bytes in use); \
         raise the limit, or use a smaller batch"
    )]
    OverLimit {
        /// Size of the request in bytes.
        asked: usize,
        /// Bytes of the block of the request's size class.
        block: usize,
        /// Configured limit in bytes.
        limit: usize,
        /// Bytes that are handed out now.
        in_use: usize,
    },
    /// The request does not fit within the configured limit of the host's memory.
    #[error(
        "{asked} bytes more (a block of {block}) would pass the limit of {limit} bytes for the host's memory ({reserved} bytes \
         taken); raise the limit, or use smaller images or batches"
    )]
    OverHostLimit {
        /// Size of the request in bytes.
        asked: usize,
        /// Bytes of the block that would serve it.
        block: usize,
        /// Bytes of the block of the request's size class.
        limit: usize,
        /// Bytes taken from the system, page-locked and of the host device.
        reserved: usize,
    },
    /// Bytes of the range are lent already.
    #[error(
        "bytes {begin} to {end} of an arena cannot be lent: bytes {lent_begin} to {lent_end} are lent already; drop that buffer first"
    )]
    Lent {
        /// First byte of the range.
        begin: usize,
        /// End of the range.
        end: usize,
        /// First byte of the range that is lent.
        lent_begin: usize,
        /// End of the range that is lent.
        lent_end: usize,
    },
    /// The manager was shut down.
    #[error("{asked} bytes asked for on {device} after its memory manager was shut down")]
    ShutDown {
        /// Size of the request in bytes.
        asked: usize,
        /// Name of the device.
        device: String,
    },
    /// Something wrote to a block after it was freed; found by [`crate::MemoryConfig::poison`].
    #[error(
        "a block of {bytes} bytes on {device} was written after its free: byte {offset} is {found:#04x}; some work uses \
         memory that it does not own any more, or is not ordered before the free"
    )]
    UsedAfterFree {
        /// Name of the device.
        device: String,
        /// Bytes of the block.
        bytes: usize,
        /// The first byte that was changed.
        offset: usize,
        /// The bytes found in place of the pattern.
        found: u8,
    },
    /// A copy would pass the end of a buffer.
    #[error("a copy of {bytes} bytes at offset {offset} does not fit a buffer of {len} bytes")]
    OutOfRange {
        /// First byte of the copy.
        offset: usize,
        /// Bytes to copy.
        bytes: usize,
        /// Bytes of the buffer.
        len: usize,
    },
    /// Memory of a pool was asked for on the default stream of a thread, which other threads cannot use.
    #[error(
        "{asked} bytes were asked for on the per-thread default stream of {device}, but memory of a pool may be dropped on any \
         thread; ask for it on another stream, and order the two by events"
    )]
    StreamOfOneThread {
        /// Size of the request in bytes.
        asked: usize,
        /// Name of the device.
        device: String,
    },
    /// Memory of another owner was given with the null address.
    #[error(
        "{bytes} bytes of memory were given at the null address, where there is none; give the address of allocated memory"
    )]
    NullAddress {
        /// Length that was given, in bytes.
        bytes: usize,
    },
    /// Memory of another owner was given with no bytes, or with more than there are addresses.
    #[error(
        "memory at {address:#x} was given with a length of {bytes} bytes; it needs at least 1, and its end has to be an address"
    )]
    BadLength {
        /// Address of the first byte.
        address: u64,
        /// Length that was given, in bytes.
        bytes: usize,
    },
    /// Memory that was borrowed for reading was to be written.
    #[error(
        "{bytes} bytes at {address:#x} were borrowed for reading and cannot be written; borrow them with MemoryAccess::ReadWrite, \
         or write to other memory"
    )]
    ReadOnly {
        /// Address of the first byte.
        address: u64,
        /// Length in bytes.
        bytes: usize,
    },
    /// A call of the device failed for a reason other than lack of memory.
    #[error(transparent)]
    Device(#[from] DeviceError),
}
