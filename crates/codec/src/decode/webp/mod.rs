//! WebP, by the decoder of the crate `image`: still images, lossy and lossless, with and without alpha.
//!
//! That decoder makes tables for as many groups of prefix codes as the file says, up to 65,536, before it makes a pixel. So the structure of
//! the file is read here before: it tells the memory that decoding takes.

mod chunks;
mod lossless;
mod lossy;

use crate::decode::header::{Decoder, Header};
use crate::decode::library::{Library, error_of};
use crate::decode::webp::chunks::{Chunk, Chunks};
use crate::error::DecodeError;
use crate::format::Format;
use crate::source::Source;
use image::codecs::webp::WebPDecoder;
use pixelflume_ops::Image;
use std::io::{self, Read, SeekFrom};

/// A WebP file whose structure is read.
pub(crate) struct WebpFile<R: Source> {
    decoder: Library<WebPDecoder<R>>,
    /// Bytes that decoding takes beside the image.
    beside: u64,
}

/// Reads the structure of a file.
pub(crate) fn open<R: Source>(mut source: R) -> Result<WebpFile<R>, DecodeError> {
    let chunks = Chunks::read(&mut source)?;
    let beside = beside(&chunks, &mut source)?;
    source.seek(SeekFrom::Start(0)).map_err(of_io)?;
    let decoder = WebPDecoder::new(source).map_err(|error| error_of(Format::WebP, error))?;
    Ok(WebpFile {
        decoder: Library::new(Format::WebP, decoder),
        beside,
    })
}

/// Bytes that the decoder takes beside the image.
fn beside<R: Source>(chunks: &Chunks, source: &mut R) -> Result<u64, DecodeError> {
    if let Some(chunk) = chunks.lossless {
        let mut reader = chunk.reader(source)?;
        let (size, tables) = lossless::measure(&mut reader, None)?;
        chunks.check_canvas(size)?;
        // The decoder makes RGBA, and takes the colors of that.
        return Ok(tables + 4 * pixels(size));
    }
    let Some(chunk) = chunks.lossy else {
        return Err(damaged("it has no image"));
    };
    let (size, frame) = lossy::measure(chunk, source)?;
    chunks.check_canvas(size)?;
    let Some(chunk) = chunks.alpha else {
        return Ok(frame);
    };
    let mut reader = chunk.reader(source)?;
    let mut settings = [0];
    reader.read_exact(&mut settings).map_err(of_io)?;
    let alpha = match settings[0] & 3 {
        // Alpha is the green of an image without a header.
        1 => lossless::measure(&mut reader, Some(size))?.1 + 5 * pixels(size),
        _ => pixels(size),
    };
    Ok(frame + alpha)
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

impl<R: Source> WebpFile<R> {
    pub(crate) fn header(&self) -> Header {
        let header = self.decoder.header();
        Header {
            bytes: header.bytes.saturating_add(self.beside),
            ..header
        }
    }
}

impl<R: Source> Decoder for WebpFile<R> {
    fn decode(self: Box<Self>) -> Result<Image, DecodeError> {
        Box::new(self.decoder).decode()
    }
}

impl Chunk {
    /// The bytes of the chunk.
    fn reader<R: Source>(self, source: &mut R) -> Result<io::Take<&mut R>, DecodeError> {
        source.seek(SeekFrom::Start(self.start)).map_err(of_io)?;
        Ok(source.take(self.bytes))
    }
}

fn damaged(reason: impl Into<String>) -> DecodeError {
    DecodeError::Damaged {
        format: Format::WebP,
        reason: reason.into(),
    }
}

fn of_io(error: io::Error) -> DecodeError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DecodeError::Truncated {
            format: Format::WebP,
        },
        _ => DecodeError::Read(error),
    }
}
