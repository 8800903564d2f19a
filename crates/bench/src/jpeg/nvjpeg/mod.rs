//! nvJPEG, NVIDIA's decoder, for comparison: found at run time, and called in batches.
//!
//! It is inexact: it rounds otherwise than libjpeg-turbo and, unless it is told to interpolate, repeats chroma samples.

mod decoder;
mod error;
mod library;
#[cfg(test)]
mod tests;

pub(super) use decoder::NvJpeg;

/// How nvJPEG decodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backend {
    /// For the table.
    pub(super) name: &'static str,
    /// Its number in `nvjpeg.h`.
    number: i32,
    /// Flags of `nvjpegCreateEx`.
    flags: u32,
}

/// `NVJPEG_FLAGS_UPSAMPLING_WITH_INTERPOLATION`.
const INTERPOLATE: u32 = 1 << 5;

impl Backend {
    /// All that decode files in memory of the host.
    pub(super) const ALL: [Backend; 4] = [
        Backend::new("hybrid", 1, 0),
        Backend::new("gpu_hybrid", 2, 0),
        Backend::new("gpu_hybrid, interpolating", 2, INTERPOLATE),
        Backend::new("hardware", 3, 0),
    ];

    const fn new(name: &'static str, number: i32, flags: u32) -> Self {
        Backend {
            name,
            number,
            flags,
        }
    }
}
