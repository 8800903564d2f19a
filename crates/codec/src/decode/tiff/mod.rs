//! TIFF, by the crate `tiff`: the first image, gray or color, with or without alpha, of 1, 8 or 16 bits; not compressed, or by LZW,
//! Deflate or PackBits.
//!
//! What else a TIFF file may hold is refused with the reason. JPEG within TIFF is refused since its samples would not be those of
//! libjpeg-turbo.

mod directory;
mod fault;

use crate::decode::header::{Decoder, Header};
use crate::decode::tiff::fault::{damaged, error};
use crate::decode::turn::Turn;
use crate::error::{DecodeError, reason};
use crate::source::Source;
use pixelflume_ops::{Image, ImageShape};
use tiff::ColorType;
use tiff::decoder::{ChunkType, DecodingResult, Limits};
use tiff::tags::Tag;

/// The pixels of tiles beyond the right border of the image that may be decoded besides those of the image.
const PADDING_PIXELS: u64 = 1 << 26;

/// A TIFF file whose first directory is read.
pub(crate) struct TiffFile<R: Source> {
    decoder: tiff::decoder::Decoder<R>,
    samples: Samples,
    header: Header,
}

/// The samples of a pixel in the file.
#[derive(Clone, Copy)]
struct Samples {
    /// Samples of a pixel: 1 (gray), 2 (gray with alpha), 3 (RGB) or 4 (RGBA).
    count: u16,
    /// Bits of a sample: 1, 8 or 16. One bit has gray only.
    bits: u8,
}

/// Reads the first directory.
pub(crate) fn open<R: Source>(mut source: R) -> Result<TiffFile<R>, DecodeError> {
    directory::check(&mut source)?;
    let mut decoder = tiff::decoder::Decoder::new(source).map_err(error)?;
    let samples = Samples::of(&mut decoder)?;
    let (width, height) = decoder.dimensions().map_err(error)?;
    check_storage(&mut decoder)?;
    let orientation = decoder.find_tag_unsigned(Tag::Orientation);
    // An orientation that cannot be read is ignored.
    let orientation: Option<u8> = orientation.unwrap_or_default();
    let shape = ImageShape::u8(width, height, samples.channels());
    let header = Header {
        shape,
        turn: orientation.map_or(Turn::NONE, Turn::of_exif),
        bytes: samples.bytes(width, height),
        crops: false,
    };
    Ok(TiffFile {
        decoder,
        samples,
        header,
    })
}

impl<R: Source> TiffFile<R> {
    pub(crate) fn header(&self) -> Header {
        self.header
    }
}

impl<R: Source> Decoder for TiffFile<R> {
    fn decode(self: Box<Self>) -> Result<Image, DecodeError> {
        let ImageShape { width, height, .. } = self.header.shape;
        let mut limits = Limits::default();
        // The size is known from the header. Compressed bytes are read piece by piece.
        limits.decoding_buffer_size = usize::MAX;
        limits.intermediate_buffer_size = usize::MAX;
        let mut decoder = self.decoder.with_limits(limits);
        let stored = decoder.read_image().map_err(error)?;
        let samples = match (stored, self.samples.bits) {
            (DecodingResult::U8(bytes), 1) => bits(&bytes, width, height),
            (DecodingResult::U8(samples), 8) => samples,
            // As the other formats: round(v / 257).
            (DecodingResult::U16(samples), 16) => {
                let eight = |v: u16| ((u32::from(v) + 128) / 257) as u8;
                samples.into_iter().map(eight).collect()
            }
            _ => {
                return Err(damaged(
                    "its samples are not of the type that its header says",
                ));
            }
        };
        let samples = match self.samples.count {
            2 => {
                let (pixels, _) = samples.as_chunks::<2>();
                let mut rgba = Vec::with_capacity(pixels.len() * 4);
                for &[gray, alpha] in pixels {
                    rgba.extend([gray, gray, gray, alpha]);
                }
                rgba
            }
            _ => samples,
        };
        Image::new(self.header.shape, samples).map_err(|error| damaged(reason(&error)))
    }
}

impl Samples {
    fn of<R: Source>(decoder: &mut tiff::decoder::Decoder<R>) -> Result<Self, DecodeError> {
        let color = decoder.colortype().map_err(error)?;
        let (count, bits) = match color {
            ColorType::Gray(bits @ (1 | 8 | 16)) => (1, bits),
            ColorType::RGB(bits @ (8 | 16)) => (3, bits),
            ColorType::RGBA(bits @ (8 | 16)) => (4, bits),
            ColorType::Multiband {
                bit_depth: bits @ (8 | 16),
                num_samples: 2,
            } => (2, bits),
            other => {
                return Err(damaged(format!(
                    "its colors ({other:?}) are not read; gray, RGB and RGBA of 8 and 16 bits are"
                )));
            }
        };
        let stored = decoder.find_tag_unsigned(Tag::SamplesPerPixel);
        let stored: u16 = stored.map_err(error)?.unwrap_or(1);
        let extra = decoder.find_tag_unsigned_vec(Tag::ExtraSamples);
        let extra: Vec<u16> = extra.map_err(error)?.unwrap_or_default();
        // 2 is alpha that is not multiplied into the colors.
        let needs: &[u16] = match count {
            2 | 4 => &[2],
            _ => &[],
        };
        if stored != count || extra != needs {
            return Err(damaged(format!(
                "its {stored} samples per pixel with extra samples {:?} are not read; gray and RGB without extra samples are, and with alpha that is not multiplied into the colors (2)",
                &extra[..extra.len().min(8)]
            )));
        }
        Ok(Samples { count, bits })
    }

    /// The channels of the decoded image.
    fn channels(self) -> u32 {
        match self.count {
            2 => 4,
            count => count.into(),
        }
    }

    /// The most bytes that decoding holds at one time.
    fn bytes(self, width: u32, height: u32) -> u64 {
        let (row, height) = (u64::from(width) * u64::from(self.count), u64::from(height));
        let stored = (row * u64::from(self.bits))
            .div_ceil(8)
            .saturating_mul(height);
        let eight = row.saturating_mul(height);
        // Each conversion holds its source and its result.
        let narrowing = match self.bits {
            8 => stored,
            _ => stored.saturating_add(eight),
        };
        let expanding = match self.count {
            2 => eight.saturating_mul(3),
            _ => 0,
        };
        narrowing.max(expanding)
    }
}

/// Refuses what is stored in a way that is not read.
fn check_storage<R: Source>(decoder: &mut tiff::decoder::Decoder<R>) -> Result<(), DecodeError> {
    let mut number = |tag, default: u16| -> Result<u16, DecodeError> {
        let value = decoder.find_tag_unsigned(tag).map_err(error)?;
        Ok(value.unwrap_or(default))
    };
    let compression = number(Tag::Compression, 1)?;
    if !matches!(compression, 1 | 5 | 8 | 32946 | 32773) {
        let name = match compression {
            2..=4 => " (fax)",
            6 | 7 => " (JPEG)",
            50000 => " (Zstandard)",
            _ => "",
        };
        return Err(damaged(format!(
            "its compression {compression}{name} is not read; none, LZW, Deflate and PackBits are"
        )));
    }
    if number(Tag::PlanarConfiguration, 1)? != 1 && number(Tag::SamplesPerPixel, 1)? != 1 {
        return Err(damaged("its channels lie in planes, which is not read"));
    }
    let formats = decoder.find_tag_unsigned_vec(Tag::SampleFormat);
    let formats: Vec<u16> = formats.map_err(error)?.unwrap_or_default();
    if formats.iter().any(|&format| format != 1) {
        return Err(damaged("its samples are not unsigned integers"));
    }
    if decoder.get_chunk_type() == ChunkType::Tile {
        let (width, height) = decoder.dimensions().map_err(error)?;
        let (tile, _) = decoder.chunk_dimensions();
        let across = u64::from(width.div_ceil(tile.max(1))) * u64::from(tile);
        let padding = (across - u64::from(width)).saturating_mul(height.into());
        if padding > PADDING_PIXELS {
            return Err(damaged(format!(
                "its tiles of {tile} columns have {padding} pixels beyond the image, and may have {PADDING_PIXELS}"
            )));
        }
    }
    Ok(())
}

/// Samples of one bit, 0 or 255, from rows of whole bytes.
fn bits(bytes: &[u8], width: u32, height: u32) -> Vec<u8> {
    let width = width as usize;
    let mut samples = Vec::with_capacity(width * height as usize);
    for row in bytes.chunks_exact(width.div_ceil(8)) {
        let sample = |x: usize| {
            if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                255
            } else {
                0
            }
        };
        samples.extend((0..width).map(sample));
    }
    samples
}
