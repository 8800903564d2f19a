//! Decodes PNM images to the samples that OpenCV 5.0.0 reads from them.
//!
//! The crate `image` stretches 8-bit samples to 0..=255 where the maximum in the header is less. OpenCV takes the samples of
//! binary files unchanged, and those of text files as `v * 255 / maximum`, rounded down.

use crate::decode::header::{Decoder, Header};
use crate::decode::library::{Library, error_of};
use crate::error::DecodeError;
use crate::format::Format;
use crate::source::Source;
use image::codecs::pnm::{
    ArbitraryHeader, GraymapHeader, PixmapHeader, PnmDecoder, PnmHeader, PnmSubtype, SampleEncoding,
};
use image::{ImageError, ImageResult};
use pixelflume_ops::Image;
use std::io::{BufRead, Chain, Cursor, Read};

/// The decoder, which reads a header that was changed and then the rest of the file.
type Plain<R> = PnmDecoder<Chain<Cursor<Vec<u8>>, R>>;

/// A PNM file whose header is read.
pub(crate) struct PnmFile<R: BufRead> {
    /// The decoder; it returns the samples as they are in the file.
    decoder: Library<Plain<R>>,
    /// The maximum of a text file, whose samples are stretched to 0..=255.
    text_maximum: Option<u8>,
}

/// Reads the header.
pub(crate) fn open<R: Source>(source: R) -> Result<PnmFile<R>, DecodeError> {
    let opened = unstretched_decoder(source);
    let (decoder, text_maximum) = opened.map_err(|error| error_of(Format::Pnm, error))?;
    Ok(PnmFile {
        decoder: Library::new(Format::Pnm, decoder),
        text_maximum,
    })
}

impl<R: BufRead> PnmFile<R> {
    pub(crate) fn header(&self) -> Header {
        self.decoder.header()
    }
}

impl<R: Source> Decoder for PnmFile<R> {
    fn decode(self: Box<Self>) -> Result<Image, DecodeError> {
        let mut image = Box::new(self.decoder).decode()?;
        if let Some(maximum) = self.text_maximum {
            stretch(image.data_mut(), maximum);
        }
        Ok(image)
    }
}

/// A decoder that does not stretch samples, and the maximum of a text file.
fn unstretched_decoder<R: BufRead>(source: R) -> ImageResult<(Plain<R>, Option<u8>)> {
    let decoder = PnmDecoder::new(source)?;
    let text = decoder.subtype().sample_encoding() == SampleEncoding::Ascii;
    let maximum = u8::try_from(decoder.header().maximal_sample()).ok();
    let (source, header) = decoder.into_inner();
    let (header, maximum) = match (unstretched(&header), maximum) {
        (Some(plain), Some(maximum)) => (plain, Some(maximum)),
        _ => (header, None),
    };
    let mut bytes = Vec::new();
    header.write(&mut bytes).map_err(ImageError::IoError)?;
    let decoder = PnmDecoder::new(Cursor::new(bytes).chain(source))?;
    Ok((decoder, maximum.filter(|_| text)))
}

/// The same header with the maximum 255; `None` where the decoder does not stretch the samples, or they are bits or of 16 bits.
fn unstretched(header: &PnmHeader) -> Option<PnmHeader> {
    let stretched = 1..255;
    let plain = match header.subtype() {
        PnmSubtype::Bitmap(_) => return None,
        PnmSubtype::Graymap(_) => header.as_graymap().map(|header| {
            let header = GraymapHeader {
                maxwhite: 255,
                ..*header
            };
            header.into()
        }),
        PnmSubtype::Pixmap(_) => header.as_pixmap().map(|header| {
            let header = PixmapHeader {
                maxval: 255,
                ..*header
            };
            header.into()
        }),
        // A maximum of 1 means that the samples are bits.
        PnmSubtype::ArbitraryMap if header.maximal_sample() == 1 => None,
        PnmSubtype::ArbitraryMap => header.as_arbitrary().map(|header| {
            let header = ArbitraryHeader {
                maxval: 255,
                ..header.clone()
            };
            header.into()
        }),
    };
    plain.filter(|_| stretched.contains(&header.maximal_sample()))
}

/// Stretches the samples of a text file to 0..=255; larger samples than the maximum count as the maximum.
fn stretch(samples: &mut [u8], maximum: u8) {
    for sample in samples {
        let value = u32::from((*sample).min(maximum));
        *sample = (value * 255 / u32::from(maximum)) as u8;
    }
}
