//! Why a batch of files cannot be decoded at all.

use pixelflume_device::DeviceError;
use pixelflume_memory::MemoryError;
use thiserror::Error;

/// The reason why no image of a batch is decoded: not a file, but the device or its memory is at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// There is not the memory for the batch.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// As many batches as the decoder may have are in flight.
    #[error("{limit} batches are in flight, and that is the most; wait for one of them first")]
    InFlight {
        /// The most batches.
        limit: usize,
    },
}
