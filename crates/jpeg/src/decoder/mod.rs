//! Files to pixels.

mod common;
mod job;
pub(crate) mod options;
mod single;
mod stored;

use crate::coefficients::Coefficients;
use crate::decoder::job::Job;
use crate::decoder::options::{Options, Target};
use crate::entropy::lookup::Lookups;
use crate::error::JpegError;
use crate::file::header::Header;
use crate::samples::sampler::Sampler;
use fearless_simd::Level;

/// Decodes JPEG files. It keeps its memory, so that files after the first of a size take no new memory.
pub struct Decoder {
    lookups: Lookups,
    /// All coefficients of an image, or those of an MCU row.
    coefficients: Coefficients,
    sampler: Sampler,
    /// The last position of every block of a row that may be other than 0.
    extents: Vec<u8>,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder that has no memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_level(Level::new())
    }

    /// A decoder for this instruction set.
    pub(crate) fn with_level(level: Level) -> Self {
        Self {
            lookups: Lookups::default(),
            coefficients: Coefficients::default(),
            sampler: Sampler::with_level(level),
            extents: Vec::new(),
        }
    }

    /// Bytes of memory for coefficients that the decoder keeps for the next file: as many as the largest file so far took, which is the
    /// most of its memory. It is freed with the decoder.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        self.coefficients.kept_bytes()
    }

    /// Decodes a file into `target`, which has room for the crop, or else for the whole image ([`Header::read`] tells its size), in
    /// pixels of [`Color::channels`](crate::Color::channels) bytes. The orientation of EXIF data is not applied.
    ///
    /// Memory is bounded before it is taken ([`Header::bytes_needed`]), and the time by the size of the image and of the file.
    ///
    /// # Errors
    /// [`JpegError`] if the file cannot be decoded, the crop or the target does not fit the image, or decoding takes more memory than it
    /// may. The target has any content then.
    pub fn decode(
        &mut self,
        file: &[u8],
        options: &Options,
        target: Target<'_>,
    ) -> Result<(), JpegError> {
        let mut job = Job::new(file, options)?;
        job.geometry.check(&target)?;
        job.check_bytes(options)?;
        if job.header.single_scan() {
            self.decode_single(file, &mut job, options, target)
        } else {
            self.read_all(file, &mut job, options)?;
            self.render(&job, target);
            Ok(())
        }
    }

    /// Decodes a file to its coefficients, for another device to go on with: all stored blocks of all components, with the block
    /// smoothing of incomplete progressive files applied. A file of one scan is read as far as [`Decoder::decode`] reads it: the
    /// blocks below those that a crop needs are 0. The other options for pixels have no effect on the coefficients.
    ///
    /// # Errors
    /// [`JpegError`] if the file cannot be decoded, the crop does not fit the image, or decoding takes more memory than it may.
    pub fn coefficients(
        &mut self,
        file: &[u8],
        options: &Options,
    ) -> Result<&Coefficients, JpegError> {
        let mut job = Job::new(file, options)?;
        job.check_stored_bytes(options)?;
        self.read_all(file, &mut job, options)?;
        Ok(&self.coefficients)
    }
}

impl Header {
    /// Bytes of memory that [`Decoder::decode`] takes for this file beside the file and the target.
    ///
    /// # Errors
    /// [`JpegError::Crop`] if the crop does not fit the image.
    pub fn bytes_needed(&self, options: &Options) -> Result<u64, JpegError> {
        Ok(job::Geometry::new(self, options)?.bytes(self))
    }
}
