//! How errors name a copy between page-locked memory and the device.

use std::fmt;

/// What a copy between page-locked memory and the device was for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CopyName {
    /// Frames of an input, to the device.
    Upload {
        /// Number of the batch, from 0.
        batch: u64,
        /// Frames of the batch.
        frames: usize,
    },
    /// The results of an output, from the device.
    Download {
        /// Number of the batch, from 0.
        batch: u64,
        /// Frames of the batch.
        frames: usize,
    },
    /// The constant tables of a node, to the device, when the pipeline was compiled.
    Tables {
        /// Bytes of all tables.
        bytes: usize,
    },
}

impl fmt::Display for CopyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CopyName::Upload { batch, frames } => {
                write!(f, "uploading {frames} frame(s) of batch {batch} failed")
            }
            CopyName::Download { batch, frames } => {
                write!(f, "downloading {frames} frame(s) of batch {batch} failed")
            }
            CopyName::Tables { bytes } => {
                write!(f, "uploading {bytes} bytes of constant tables failed")
            }
        }
    }
}
