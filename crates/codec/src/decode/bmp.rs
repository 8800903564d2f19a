//! BMP, by the decoder of the crate `image`.

use crate::decode::library::{Library, error_of, header_limits};
use crate::error::DecodeError;
use crate::format::Format;
use crate::source::Source;
use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;

/// Reads the header.
pub(crate) fn open<R: Source>(source: R) -> Result<Library<BmpDecoder<R>>, DecodeError> {
    let decoder = BmpDecoder::new(source).and_then(|mut decoder| {
        decoder.set_limits(header_limits())?;
        Ok(decoder)
    });
    let decoder = decoder.map_err(|error| error_of(Format::Bmp, error))?;
    Ok(Library::new(Format::Bmp, decoder))
}
