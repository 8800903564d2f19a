//! Decoders of the crate `image`: what they need, their pixels as 8-bit images, and their errors.

use crate::decode::header::{Decoder, Header};
use crate::decode::turn::Turn;
use crate::error::{DecodeError, reason};
use crate::format::Format;
use crate::limits::DECODER_BYTES;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError};
use pixelflume_ops::Image;
use pixelflume_ops::ImageShape;
use std::io;

/// A decoder of the crate `image` that has read the header of a file of this format.
pub(crate) struct Library<D> {
    format: Format,
    decoder: D,
    header: Header,
}

impl<D: ImageDecoder> Library<D> {
    /// Takes a decoder that writes each sample once, and reads from it what the header says.
    pub(crate) fn new(format: Format, mut decoder: D) -> Self {
        // An orientation that cannot be read is ignored.
        let orientation = decoder.orientation();
        let turn = orientation.map_or(Turn::NONE, |turn| Turn::of_exif(turn.to_exif()));
        let header = header_of(&decoder, turn);
        Library {
            format,
            decoder,
            header,
        }
    }

    pub(crate) fn header(&self) -> Header {
        self.header
    }
}

impl<D: ImageDecoder + Send> Decoder for Library<D> {
    fn decode(mut self: Box<Self>) -> Result<Image, DecodeError> {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.header.bytes.saturating_add(DECODER_BYTES));
        self.decoder
            .set_limits(limits)
            .map_err(|error| error_of(self.format, error))?;
        pixels(self.format, self.decoder)
    }
}

/// The limits under which a header is read.
pub(crate) fn header_limits() -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES);
    limits
}

fn header_of(decoder: &impl ImageDecoder, turn: Turn) -> Header {
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let channels = channels_of(color);
    let decoded = decoder.total_bytes();
    let converted = match color {
        ColorType::L8 | ColorType::Rgb8 | ColorType::Rgba8 => 0,
        _ => (u64::from(width) * u64::from(height)).saturating_mul(channels.into()),
    };
    Header {
        shape: ImageShape::u8(width, height, channels),
        turn,
        bytes: decoded.saturating_add(converted),
        crops: false,
    }
}

/// Decodes the pixels and converts the samples to 8 bits.
pub(crate) fn pixels(format: Format, decoder: impl ImageDecoder) -> Result<Image, DecodeError> {
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| error_of(format, error))?;
    let channels = channels_of(decoded.color());
    let shape = ImageShape::u8(decoded.width(), decoded.height(), channels);
    let data = match channels {
        1 => decoded.into_luma8().into_raw(),
        4 => decoded.into_rgba8().into_raw(),
        _ => decoded.into_rgb8().into_raw(),
    };
    Image::new(shape, data).map_err(|error| DecodeError::Damaged {
        format,
        reason: reason(&error),
    })
}

/// The number of channels of the decoded image.
fn channels_of(color: ColorType) -> u32 {
    match color {
        ColorType::L8 | ColorType::L16 => 1,
        color if color.has_alpha() => 4,
        _ => 3,
    }
}

/// The error of a decoder of the crate `image`.
pub(crate) fn error_of(format: Format, error: ImageError) -> DecodeError {
    match error {
        ImageError::Limits(_) => DecodeError::DecoderMemory {
            format,
            limit: DECODER_BYTES,
        },
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { format }
        }
        // What the operating system says has a number.
        ImageError::IoError(error) if error.raw_os_error().is_some() => DecodeError::Read(error),
        error => DecodeError::Damaged {
            format,
            reason: reason(&error),
        },
    }
}
