//! Files that are decoded together: on several threads, and within the memory of a batch.

use crate::decode::options::DecodeOptions;
use crate::decode::{OpenImage, decode};
use crate::error::DecodeError;
use crate::limits::Limits;
use crate::threads;
use pixelflume_ops::{Image, ImageShape};
use std::path::Path;

/// Bytes of a decoded pixel at most.
const PIXEL_BYTES: u64 = 4;

/// Where an image file is.
#[derive(Clone, Copy, Debug)]
pub enum ImageFile<'a> {
    /// Its bytes, in memory.
    Bytes(&'a [u8]),
    /// On disk.
    Path(&'a Path),
}

/// Decodes image files in memory together; gives their images, or the reasons why one is missing, in the order of the files. The calling
/// thread takes part, and as many others as [`default_threads`](pixelflume_device::default_threads) says.
///
/// A file whose image does not fit into [`Limits::max_batch_bytes`] beside those before it is not decoded; its error is
/// [`DecodeError::BatchFull`]. Files are measured by their headers before any of them is decoded.
pub fn decode_all(files: &[&[u8]], options: &DecodeOptions) -> Vec<Result<Image, DecodeError>> {
    let sources: Vec<_> = files.iter().copied().map(ImageFile::Bytes).collect();
    let admitted = admit(&sources, options);
    threads::map(admitted, |index, admitted| {
        admitted.and_then(|()| decode(files[index], options))
    })
}

/// Reads the headers of files, and tells which of their images fit into [`Limits::max_batch_bytes`], in their order: each that does not
/// fit beside those before it is refused with [`DecodeError::BatchFull`], and takes no room from those behind it. Headers are not read
/// where every image within the other limits fits.
pub fn admit(files: &[ImageFile<'_>], options: &DecodeOptions) -> Vec<Result<(), DecodeError>> {
    let limits = &options.limits;
    let most = limits.max_pixels.saturating_mul(PIXEL_BYTES);
    if most.saturating_mul(files.len() as u64) <= limits.max_batch_bytes {
        return files.iter().map(|_| Ok(())).collect();
    }
    let mut room = BatchRoom::new(limits);
    let opened = threads::map(files.to_vec(), |_, file| {
        let opened = match file {
            ImageFile::Bytes(bytes) => OpenImage::of_bytes(bytes, options),
            ImageFile::Path(path) => OpenImage::of_file(path, options),
        };
        opened.map(|image| image.need().shape)
    });
    let opened = opened.into_iter();
    opened.map(|shape| room.admit(&shape?)).collect()
}

/// Counts the bytes of the images of a batch.
#[derive(Debug)]
pub(crate) struct BatchRoom {
    used: u64,
    limit: u64,
}

impl BatchRoom {
    pub(crate) fn new(limits: &Limits) -> Self {
        BatchRoom {
            used: 0,
            limit: limits.max_batch_bytes,
        }
    }

    /// Counts an image, if it fits.
    pub(crate) fn admit(&mut self, shape: &ImageShape) -> Result<(), DecodeError> {
        let pixels = u64::from(shape.width) * u64::from(shape.height);
        let bytes = pixels.saturating_mul(shape.channels.into());
        let used = self.used.saturating_add(bytes);
        if used > self.limit {
            return Err(DecodeError::BatchFull {
                shape: *shape,
                bytes,
                used: self.used,
                limit: self.limit,
            });
        }
        self.used = used;
        Ok(())
    }
}
