//! Settings of a batch decoder, and of one batch.

use crate::decode::options::{Color, DecodeOptions};
use crate::format::Format;
use pixelflume_jpeg::Cmyk;

/// Settings of a [`BatchDecoder`](crate::cuda::BatchDecoder).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BatchConfig {
    /// The most batches in flight, at least 1. With two, the bytes of one go to the device while the other is decoded.
    pub in_flight: usize,
    /// The most bytes of device memory that a part of a batch takes beside its images: its files, their tables, coefficients and samples,
    /// and what the entropy decoder needs, about six times the bytes of the files. The images of a batch are done in several
    /// passes where it needs more. The files and tables of all passes are on the device together, and are bounded by the same
    /// number; the CPU makes the coefficients of files beyond that. One image may exceed it, up to its
    /// [`Limits`](crate::Limits).
    pub pass_bytes: u64,
    /// The same for images whose coefficients come from the CPU: their coefficients, samples and tables. The coefficients are in
    /// page-locked memory as well, and in that of the threads that decode them.
    pub host_pass_bytes: u64,
    /// Bits of the windows into which the entropy decoder cuts a file, made a power of two from 256 to 8192: a thread decodes each,
    /// so that short ones keep the device busy with few files, and long ones make less work with many. `None` chooses it for each
    /// pass by its bytes. Images do not depend on it.
    pub window_bits: Option<u32>,
    /// Whether the device takes the times of [milestones](crate::cuda::Milestone), for [`BatchDecoder::seconds`](crate::cuda::BatchDecoder::seconds).
    pub timed: bool,
}

impl Default for BatchConfig {
    /// Two batches, 1.5 GiB and 384 MiB.
    fn default() -> Self {
        BatchConfig {
            in_flight: 2,
            pass_bytes: 3 << 29,
            host_pass_bytes: 384 << 20,
            window_bits: None,
            timed: false,
        }
    }
}

/// How the images of a batch are decoded.
#[derive(Clone, Debug, Default)]
pub struct BatchOptions {
    /// What is made of each file, and what the images and their batch may take: pixels, and bytes of device memory. RGBA is RGB.
    /// `max_bytes` also bounds the memory of the CPU for one file whose coefficients it makes. A file that needs more on the device is
    /// an error here; [`FileBatch::decode`](crate::FileBatch::decode) may take it
    /// ([`BatchDecoder::takes`](crate::cuda::BatchDecoder::takes)).
    pub decode: DecodeOptions,
    /// The formula for RGB from CMYK.
    pub cmyk: Cmyk,
}

impl From<DecodeOptions> for BatchOptions {
    fn from(decode: DecodeOptions) -> Self {
        BatchOptions {
            decode,
            ..BatchOptions::default()
        }
    }
}

/// Whether a [`BatchDecoder`](crate::cuda::BatchDecoder) gives what these options ask for of a file: a JPEG file, by its first bytes, as
/// gray or RGB. Whether the file is whole and good is found out when it is decoded.
pub fn takes(file: &[u8], options: &DecodeOptions) -> bool {
    options.color != Color::Rgba && Format::of_content(file) == Some(Format::Jpeg)
}
