//! PNG, by the decoder of the crate `image`. Of an animation the default image is read.

use crate::decode::library::{Library, error_of, header_limits};
use crate::error::DecodeError;
use crate::format::Format;
use crate::source::Source;
use image::codecs::png::PngDecoder;

/// Reads the header.
pub(crate) fn open<R: Source>(source: R) -> Result<Library<PngDecoder<R>>, DecodeError> {
    let decoder = PngDecoder::with_limits(source, header_limits());
    let decoder = decoder.map_err(|error| error_of(Format::Png, error))?;
    Ok(Library::new(Format::Png, decoder))
}
