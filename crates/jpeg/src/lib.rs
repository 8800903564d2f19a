//! JPEG files: decoded to the samples that libjpeg-turbo gives, bit for bit, and encoded, on the CPU.
//!
//! [`Decoder`] takes baseline, extended sequential and progressive files of 8 bits with 1, 3 or 4 components and all sampling factors
//! that libjpeg-turbo takes. Sequential files are decoded row by row. Arithmetic coding, lossless files and 12 bits are not supported.
//!
//! ```
//! use pixelflume_jpeg::{Color, Decoder, Header, JpegError, Options, Target};
//!
//! /// Width, height and pixels of RGB.
//! fn decode(decoder: &mut Decoder, file: &[u8]) -> Result<(u32, u32, Vec<u8>), JpegError> {
//!     let header = Header::read(file)?;
//!     let (width, height) = (header.frame().width(), header.frame().height());
//!     let pitch = width as usize * 3;
//!     let mut data = vec![0; pitch * height as usize];
//!     let options = Options { color: Color::Rgb, ..Options::default() };
//!     decoder.decode(file, &options, Target { data: &mut data, pitch })?;
//!     Ok((width, height, data))
//! }
//!
//! let mut decoder = Decoder::new();
//! assert_eq!(decode(&mut decoder, b"GIF89a"), Err(JpegError::NotJpeg));
//! ```
#![forbid(unsafe_code)]

mod baseline;
mod coefficients;
mod decoder;
mod encode;
mod entropy;
mod error;
mod file;
mod memory;
mod samples;
#[cfg(feature = "testing")]
pub mod testing;

pub use crate::encode::Encoder;
pub use crate::encode::error::EncodeError;
pub use crate::encode::options::{EncodeOptions, MAX_SIDE, Source, Subsampling};
pub use baseline::{Baseline, BaselineComponent};
pub use coefficients::{Coefficients, ComponentCoefficients};
pub use decoder::Decoder;
pub use decoder::options::{Color, Options, Rect, Target};
pub use error::{Damage, Fault, JpegError, Unsupported};
pub use file::color::ColorSpace;
pub use file::frame::{Component, Frame, Process};
pub use file::header::Header;
pub use file::huffman::{Code, HuffmanTable};
pub use file::quantizers::Quantizer;
pub use samples::color::cmyk::Cmyk;
