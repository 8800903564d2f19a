//! The first line of a Y4M stream: `YUV4MPEG2`, then parameters of a letter and a value each, separated by spaces.
//!
//! The format is described in the manual page yuv4mpeg(5) of mjpegtools. W and H are required; F is the frame rate, I the
//! interlacing, A the pixel aspect, C the color space (420jpeg by default), X an extension.

use super::error::{SizeError, check_size};
use super::format::{Interlacing, PixelFormat, Ratio, Stream, Timing};
use crate::bytes::shown;
use pixelflume_ops::yuv::{Subsampling, YuvCoding};
use thiserror::Error;

/// The first bytes of a Y4M stream.
pub(super) const MAGIC: &[u8] = b"YUV4MPEG2";

/// The most bytes of the first line of a Y4M stream, and of the line before a frame.
pub const MAX_LINE: usize = 4096;

/// The content of a first line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) stream: Stream,
    /// Whether the samples use the full range of 0 to 255 (`XCOLORRANGE=FULL`) and not video range.
    pub(super) full_range: bool,
}

/// The reason why a first line is refused.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum HeaderError {
    /// The stream does not begin as Y4M does.
    #[error(
        "this is no Y4M stream: it begins with {found}, not with YUV4MPEG2 (ffmpeg writes one with -f yuv4mpegpipe; \
         of raw frames, which have no header, size and format must be given)"
    )]
    Magic {
        /// The first bytes, quoted.
        found: String,
    },
    /// There are no bytes.
    #[error("the stream is empty: there is not even a first line")]
    Empty,
    /// The stream ends before the line does.
    #[error("the stream ends within its first line")]
    Ends,
    /// The line does not end.
    #[error("the first line is longer than {MAX_LINE} bytes")]
    TooLong,
    /// Width or height are missing.
    #[error("the first line does not say the {0}")]
    Missing(&'static str),
    /// A parameter is there twice.
    #[error("the first line has two parameters {0}")]
    Twice(char),
    /// A parameter has a wrong value, or is unknown.
    #[error("parameter {parameter} of the first line is not right; {expected}")]
    Value {
        /// The parameter, quoted.
        parameter: String,
        /// What the format has.
        expected: &'static str,
    },
    /// The color space is not read.
    #[error(
        "color space {name}: {advice}; `ffmpeg -i ... -pix_fmt yuv420p -f yuv4mpegpipe -` writes what can be read"
    )]
    Color {
        /// Its name, quoted.
        name: String,
        /// What is read.
        advice: &'static str,
    },
    /// The size is refused.
    #[error(transparent)]
    Size(#[from] SizeError),
}

impl Header {
    /// Parses a first line, without its newline.
    pub(super) fn parse(line: &[u8], max_pixels: u64) -> Result<Self, HeaderError> {
        let mut words = line.split(|&byte| byte == b' ');
        if words.next() != Some(MAGIC) {
            return Err(HeaderError::Magic { found: shown(line) });
        }
        let (mut width, mut height, mut format) = (None, None, None);
        let mut hinted = None;
        let mut timing = Timing::default();
        let mut full_range = false;
        for word in words.filter(|word| !word.is_empty()) {
            let (letter, value) = (word[0], &word[1..]);
            let wrong = |expected| HeaderError::Value {
                parameter: shown(word),
                expected,
            };
            match letter {
                b'W' => set(&mut width, 'W', number(value).ok_or_else(|| wrong(WIDTH))?)?,
                b'H' => set(
                    &mut height,
                    'H',
                    number(value).ok_or_else(|| wrong(HEIGHT))?,
                )?,
                b'F' => set(
                    &mut timing.rate,
                    'F',
                    ratio(value).ok_or_else(|| wrong(RATE))?,
                )?,
                b'A' => set(
                    &mut timing.aspect,
                    'A',
                    ratio(value).ok_or_else(|| wrong(ASPECT))?,
                )?,
                b'I' => {
                    let mode = match value {
                        [letter] => Interlacing::of(*letter),
                        _ => None,
                    };
                    let mode = mode.ok_or_else(|| wrong(INTERLACING))?;
                    set(&mut timing.interlacing, 'I', mode)?;
                }
                b'C' => set(&mut format, 'C', color(value)?)?,
                b'X' => {
                    full_range |= value.eq_ignore_ascii_case(b"COLORRANGE=FULL");
                    // Some programs write this in place of C.
                    if let Some(name) = value.strip_prefix(b"YSCSS=") {
                        hinted = Some(name.to_ascii_lowercase());
                    }
                }
                _ => return Err(wrong(LETTERS)),
            }
        }
        let width = width.ok_or(HeaderError::Missing("width (W)"))?;
        let height = height.ok_or(HeaderError::Missing("height (H)"))?;
        let format = match (format, hinted) {
            (Some(format), _) => format,
            (None, Some(name)) => color(&name)?,
            (None, None) => PixelFormat::Planar(Subsampling::S420),
        };
        check_size(width, height, max_pixels)?;
        Ok(Header {
            stream: Stream {
                width,
                height,
                format,
                coding: YuvCoding::default(),
                timing,
            },
            full_range,
        })
    }
}

const WIDTH: &str = "W takes a number of pixels, for example W1920";
const HEIGHT: &str = "H takes a number of pixels, for example H1080";
const RATE: &str = "F takes two numbers, for example F30000:1001";
const ASPECT: &str = "A takes two numbers, for example A1:1";
const INTERLACING: &str = "I is Ip, It, Ib, Im or I?";
const LETTERS: &str = "parameters are W, H, F, I, A, C and X";

fn set<T>(place: &mut Option<T>, letter: char, value: T) -> Result<(), HeaderError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(HeaderError::Twice(letter)),
    }
}

/// Parses a number of digits only, without sign or spaces.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text)
        .ok()
        .filter(|_| digits)?
        .parse()
        .ok()
}

fn ratio(text: &[u8]) -> Option<Ratio> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    Some(Ratio {
        numerator: number(&text[..colon])?,
        denominator: number(&text[colon + 1..])?,
    })
}

fn color(name: &[u8]) -> Result<PixelFormat, HeaderError> {
    let refused = |advice| HeaderError::Color {
        name: shown(name),
        advice,
    };
    match name {
        b"420" | b"420jpeg" | b"420mpeg2" | b"420paldv" => {
            Ok(PixelFormat::Planar(Subsampling::S420))
        }
        b"422" => Ok(PixelFormat::Planar(Subsampling::S422)),
        b"444" => Ok(PixelFormat::Planar(Subsampling::S444)),
        b"mono" => Ok(PixelFormat::Gray),
        b"444alpha" => Err(refused("transparency is not supported")),
        b"411" | b"410" | b"440" => Err(refused("chroma is read as 4:2:0, 4:2:2 or 4:4:4")),
        _ if is_deep(name) => Err(refused("samples are read with 8 bits")),
        _ => Err(refused(
            "known are 420, 420jpeg, 420mpeg2, 420paldv, 422, 444 and mono",
        )),
    }
}

/// Whether the name is that of a format with more than 8 bits, such as `420p10`, `mono16` and `444p12`.
fn is_deep(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"mono").or_else(|| {
        let (digits, rest) = name.split_at_checked(3)?;
        number(digits)?;
        rest.strip_prefix(b"p")
    });
    rest.and_then(number).is_some_and(|bits| bits > 8)
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
