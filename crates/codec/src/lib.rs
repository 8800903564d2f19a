//! Image files: decoded to 8-bit images and encoded from them, with bounded memory.
//!
//! PNG, JPEG, BMP and PNM are read and written. Files are not trusted. The pixels and the memory of an image are known from its
//! header and compared with [`Limits`] before memory is allocated, a truncated file is an error and no half of an image, and a
//! panic of a decoder is an error of its file.
//!
//! ```
//! use pixelflume_codec::{Format, Limits, Orientation, decode, encode};
//! use pixelflume_pipeline::{Image, ImageView};
//!
//! let image = Image::from_fn(4, 3, 3, |x, y, c| (x * 60 + y * 20 + c) as u8)?;
//! let file = encode(ImageView::from(&image), Format::Png, None)?;
//! assert_eq!(decode(&file, &Limits::default(), Orientation::Exif)?, image);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`OpenImage`] is a file whose header has been read: a program that reads many files at a time learns the memory that each
//! needs ([`OpenImage::need`]) before it decodes any.
//!
//! # Pixels
//! Channels are kept: gray 1, color 3 (RGB), color with alpha 4 (RGBA). Gray with alpha becomes RGBA, CMYK becomes RGB. Samples
//! of 16 bits become 8 bits by `round(v / 257)`. Color profiles are ignored. PNM samples are those that OpenCV 5 reads.
//!
//! The JPEG decoder is the one of the crate `image`. On four photographs of qualities 30 to 100, baseline and progressive, its
//! samples differ from those of libjpeg-turbo 3 by at most 6 levels: 13 % of them with chroma subsampled in both directions
//! (4:2:0), 7 % in one (4:2:2), 1 % without (4:4:4), and 1 % of gray images, by 1 level.
#![forbid(unsafe_code)]

mod decode;
mod encode;
mod error;
mod format;
mod limits;
mod source;

pub use crate::decode::channels::with_channels;
pub use crate::decode::orientation::Orientation;
pub use crate::decode::{Need, OpenImage, decode, read};
pub use crate::encode::write::{Existing, write};
pub use crate::encode::{DEFAULT_QUALITY, check_shape, encode, encode_to};
pub use crate::error::{DecodeError, EncodeError};
pub use crate::format::Format;
pub use crate::limits::{DECODER_BYTES, HEADER_BYTES, JPEG_HEADER_BYTES, Limits, MAX_PIXELS};
pub use crate::source::regular::open as open_regular;
