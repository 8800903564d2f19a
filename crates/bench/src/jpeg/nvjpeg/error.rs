//! Why nvJPEG does not decode.

use super::library::LIBRARY_VARIABLE;
use pixelflume::device::DeviceError;
use pixelflume::memory::MemoryError;
use thiserror::Error;

/// The reason why nvJPEG cannot be used, or has failed.
#[derive(Debug, Error)]
pub(in crate::jpeg) enum NvJpegError {
    /// The loader finds none of the files.
    #[error(
        "no nvJPEG library was found ({reason}); it comes with the CUDA toolkit and with the Python package nvidia-nvjpeg-cu12; \
         name its file in {LIBRARY_VARIABLE}"
    )]
    NotFound {
        /// The text of the loader for each file.
        reason: String,
    },
    /// The library lacks a function.
    #[error("`{library}` is no nvJPEG of CUDA 11 or newer: it has no function `{function}`")]
    Missing {
        /// The file.
        library: String,
        /// The first function that it lacks.
        function: &'static str,
    },
    /// A call failed.
    #[error("{function} failed: {} ({status})", name(*status))]
    Call {
        /// The function.
        function: &'static str,
        /// Its status.
        status: i32,
    },
    /// A size that no image has.
    #[error("nvjpegGetImageInfo says that a file has {width}x{height} pixels")]
    Size {
        /// Columns.
        width: i32,
        /// Rows.
        height: i32,
    },
    /// The device is not one of CUDA.
    #[error("nvJPEG decodes on CUDA devices, and this is {0}")]
    NotCuda(String),
    /// There is not the memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// The name of a status in `nvjpeg.h`.
fn name(status: i32) -> &'static str {
    match status {
        1 => "NVJPEG_STATUS_NOT_INITIALIZED",
        2 => "NVJPEG_STATUS_INVALID_PARAMETER",
        3 => "NVJPEG_STATUS_BAD_JPEG",
        4 => "NVJPEG_STATUS_JPEG_NOT_SUPPORTED",
        5 => "NVJPEG_STATUS_ALLOCATOR_FAILURE",
        6 => "NVJPEG_STATUS_EXECUTION_FAILED",
        7 => "NVJPEG_STATUS_ARCH_MISMATCH",
        8 => "NVJPEG_STATUS_INTERNAL_ERROR",
        9 => "NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED",
        10 => "NVJPEG_STATUS_INCOMPLETE_BITSTREAM",
        _ => "a status that is not known",
    }
}
