//! The names of copies in errors.

use std::fmt;

/// The purpose of a copy between page-locked memory and the device.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CopyName {
    /// Frames of an input are copied to the device.
    Upload {
        /// Number of the batch, from 0.
        batch: u64,
        /// Frames in the batch.
        frames: usize,
    },
    /// The results of an output are copied from the device.
    Download {
        /// Number of the batch, from 0.
        batch: u64,
        /// Frames in the batch.
        frames: usize,
    },
    /// The constant tables of all nodes are copied to the device, when the pipeline is compiled.
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
