//! JPEG: the structure of the file is read here, the pixels are decoded by the crate `image`.

mod structure;

use crate::decode::header::{Decoder, Header};
use crate::decode::jpeg::structure::Jpeg;
use crate::decode::library::{error_of, pixels};
use crate::error::DecodeError;
use crate::format::Format;
use crate::source::Source;
use image::ImageDecoder;
use image::codecs::jpeg::JpegDecoder;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::Image;
use std::io::Cursor;

/// A JPEG file whose header is read.
pub(crate) struct JpegFile<R>(Jpeg<R>);

/// Reads the header of a file of `length` bytes.
pub(crate) fn open<R: Source>(source: R, length: u64) -> Result<JpegFile<R>, DecodeError> {
    Jpeg::open(source, length).map(JpegFile)
}

impl<R> JpegFile<R> {
    /// What the header says. The memory is the larger of: twice the file, while its bytes are handed to the decoder; and once the
    /// file with twice the pixels and, for a progressive image, two bytes of coefficient per sample.
    pub(crate) fn header(&self) -> Header {
        let jpeg = &self.0;
        let channels = if jpeg.components == 1 { 1 } else { 3 };
        let pixels = u64::from(jpeg.width) * u64::from(jpeg.height);
        let samples = 2 * u64::from(channels) + 2 * u64::from(jpeg.components);
        Header {
            shape: ImageShape::u8(jpeg.width, jpeg.height, channels),
            turn: jpeg.turn,
            bytes: (pixels * samples).max(jpeg.most as u64) + jpeg.most as u64,
        }
    }
}

impl<R: Source> Decoder for JpegFile<R> {
    fn decode(self: Box<Self>) -> Result<Image, DecodeError> {
        let size = (self.0.width, self.0.height);
        let bytes = self.0.read()?;
        let decoder = JpegDecoder::new(Cursor::new(bytes));
        let decoder = decoder.map_err(|error| error_of(Format::Jpeg, error))?;
        // A file may have several frame headers: the first one was checked, and the decoder may use another one.
        if decoder.dimensions() != size {
            return Err(DecodeError::Damaged {
                format: Format::Jpeg,
                reason: "it says two sizes of its image".to_owned(),
            });
        }
        pixels(Format::Jpeg, decoder)
    }
}
