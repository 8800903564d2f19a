//! The bounds on what a file can ask for.

/// The default of [`Limits::max_pixels`]: twice 89,478,485, the size from which Pillow refuses an image as a decompression bomb.
pub const MAX_PIXELS: u64 = 178_956_970;

/// The default of [`Limits::max_bytes`].
const MAX_BYTES: u64 = 4 << 30;

/// The default of [`Limits::max_batch_bytes`].
const MAX_BATCH_BYTES: u64 = 8 << 30;

/// The most bytes of the header of a file of another format than JPEG.
pub const HEADER_BYTES: usize = 8 << 20;

/// The most bytes of a JPEG file before its first scan. Color profiles, thumbnails and depth maps take a few MiB at most.
pub const JPEG_HEADER_BYTES: usize = 16 << 20;

/// The most bytes that a decoder takes beside its pixels, for tables and color profiles.
pub const DECODER_BYTES: u64 = 8 << 20;

/// What one image, and the images of one batch, may take. All are compared with what the headers say before memory is allocated for
/// pixels.
///
/// A header that is being read takes up to [`HEADER_BYTES`] ([`JPEG_HEADER_BYTES`] of JPEG) and [`DECODER_BYTES`] besides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The most pixels. By default 178,956,970, as Pillow has it.
    pub max_pixels: u64,
    /// The most bytes of memory that decoding may hold at one time: pixels, copies of them that a conversion needs, and the file
    /// where a decoder wants it whole. By default 4 GiB.
    pub max_bytes: u64,
    /// The most bytes of one batch: of the images of files that are decoded together ([`FileBatch`](crate::FileBatch)), with what
    /// decoding them on the CPU takes beside them at a time, such as the coefficients of progressive JPEG files. What a
    /// [`BatchDecoder`](crate::cuda::BatchDecoder) takes beside its images, its [`BatchConfig`](crate::cuda::BatchConfig) bounds. By
    /// default 8 GiB.
    pub max_batch_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_pixels: MAX_PIXELS,
            max_bytes: MAX_BYTES,
            max_batch_bytes: MAX_BATCH_BYTES,
        }
    }
}
