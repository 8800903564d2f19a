//! Image files: decoded to 8-bit images and encoded from them, with bounded memory.
//!
//! PNG, JPEG, BMP and PNM are read and written; GIF, TIFF and WebP are read, of several images the first. Files are not trusted. The pixels
//! and the memory of an image are known from its header and compared with [`Limits`] before memory is allocated. A truncated file is
//! an error, unless [`DecodeOptions::allow_truncated`] asks for the part of a JPEG file that is there, and a panic of a decoder is an
//! error of its file.
//!
//! ```
//! use pixelflume_codec::{DecodeOptions, EncodeOptions, Format, decode, encode};
//! use pixelflume_ops::{Image, ImageView};
//!
//! let image = Image::from_fn(4, 3, 3, |x, y, c| (x * 60 + y * 20 + c) as u8)?;
//! let file = encode(ImageView::from(&image), Format::Png, &EncodeOptions::default())?;
//! assert_eq!(decode(&file, &DecodeOptions::default())?, image);
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
//! JPEG samples are those of libjpeg-turbo, bit for bit (`pixelflume_jpeg`): those that OpenCV, Pillow and torchvision give. CMYK is
//! converted as OpenCV converts it.
//!
//! GIF pixels are those of the first frame that Pillow 13 opens, on the whole canvas: 4 channels if the frame has a transparent color,
//! 1 if its colors are the gray levels in their order, else 3.
//!
//! TIFF is read with gray, RGB, gray with alpha and RGBA of 8 and 16 bits, and gray of 1 bit, in strips or tiles, not compressed or by
//! LZW, Deflate or PackBits. The orientation of the file is applied as EXIF's. What else TIFF may hold is refused with the reason:
//! palettes, CMYK, planes, floats, JPEG, fax, alpha that is multiplied into the colors, BigTIFF.
//!
//! WebP is read lossy and lossless, with the pixels of libwebp (with its interpolated chroma, as Pillow and OpenCV have it): 4 channels
//! where the file has alpha, else 3. Animations are refused. Before anything of the size of an image is allocated, the structure of the file
//! is read up to its prefix codes, whose tables can be thousands of times as large as the file.

pub mod cuda;
mod decode;
mod encode;
mod error;
mod format;
mod limits;
mod source;
mod temporary;
mod threads;

pub use crate::decode::admission::{Admission, ImageFile, admit};
pub use crate::decode::batch::{FileBatch, decode_all};
pub use crate::decode::channels::with_channels;
pub use crate::decode::options::{Color, DecodeOptions};
pub use crate::decode::orientation::Orientation;
pub use crate::decode::{Need, OpenImage, decode, read};
pub use crate::encode::options::{DEFAULT_QUALITY, EncodeOptions};
pub use crate::encode::write::write;
pub use crate::encode::{check_shape, encode, encode_to};
pub use crate::error::{DecodeError, EncodeError};
pub use crate::format::Format;
pub use crate::limits::{DECODER_BYTES, HEADER_BYTES, JPEG_HEADER_BYTES, Limits, MAX_PIXELS};
pub use crate::source::regular::open as open_regular;
pub use crate::source::whole::read_bytes;
pub use crate::temporary::{Existing, Temporary, TemporaryFiles};
pub use pixelflume_jpeg::{JpegError, Rect, Subsampling};
