//! Raw frames: frames without any header, whose size and format are given beside them.

use super::format::{PixelFormat, Ratio, Stream, Timing};
use super::header::number;
use pixelflume_ops::yuv::{Subsampling, YuvCoding};
use std::str::FromStr;
use thiserror::Error;

/// A format of raw frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RawFormat {
    /// Red, green, blue, 3 bytes a pixel (rgb24 of ffmpeg).
    Rgb,
    /// Blue, green, red, 3 bytes a pixel (bgr24 of ffmpeg).
    Bgr,
    /// One byte a pixel.
    Gray,
    /// A Y plane, and a plane of interleaved U and V, a pair for 2x2 pixels.
    Nv12,
    /// Planes Y, U and V, one chroma sample for 2x2 pixels (yuv420p of ffmpeg).
    I420,
}

impl RawFormat {
    /// All formats.
    pub const ALL: [RawFormat; 5] = [
        RawFormat::Rgb,
        RawFormat::Bgr,
        RawFormat::Gray,
        RawFormat::Nv12,
        RawFormat::I420,
    ];

    /// The layout of the frames.
    pub fn pixels(self) -> PixelFormat {
        match self {
            RawFormat::Rgb => PixelFormat::Rgb,
            RawFormat::Bgr => PixelFormat::Bgr,
            RawFormat::Gray => PixelFormat::Gray,
            RawFormat::Nv12 => PixelFormat::Nv12,
            RawFormat::I420 => PixelFormat::Planar(Subsampling::S420),
        }
    }

    /// The name, and the extension of files: `rgb`, `bgr`, `gray`, `nv12` or `i420`.
    pub const fn name(self) -> &'static str {
        match self {
            RawFormat::Rgb => "rgb",
            RawFormat::Bgr => "bgr",
            RawFormat::Gray => "gray",
            RawFormat::Nv12 => "nv12",
            RawFormat::I420 => "i420",
        }
    }

    fn find(name: &str) -> Option<Self> {
        let name = match name {
            "rgb24" => "rgb",
            "bgr24" => "bgr",
            "yuv420p" => "i420",
            name => name,
        };
        let mut all = RawFormat::ALL.into_iter();
        all.find(|format| format.name() == name)
    }
}

/// The text of a raw stream is wrong.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[error("{0}")]
pub struct RawError(&'static str);

impl FromStr for Stream {
    type Err = RawError;

    /// Parses `WxH:FORMAT` or `WxH:FORMAT@RATE`, for example `1920x1080:nv12@30000/1001`. Formats have the names of [`RawFormat`], or those of
    /// ffmpeg: `rgb24`, `bgr24` and `yuv420p`. The coding is the default.
    fn from_str(text: &str) -> Result<Self, RawError> {
        const FORM: RawError = RawError(
            "expected WIDTHxHEIGHT:FORMAT, for example 1920x1080:nv12, or with a frame rate 1920x1080:nv12@30",
        );
        let (size, format) = text.split_once(':').ok_or(FORM)?;
        let (width, height) = size.split_once(['x', 'X']).ok_or(FORM)?;
        let number = |text: &str| number(text.as_bytes());
        let width = number(width).ok_or(FORM)?;
        let height = number(height).ok_or(FORM)?;
        if width == 0 || height == 0 {
            return Err(RawError("width and height are at least 1"));
        }
        let (format, rate) = match format.split_once('@') {
            None => (format, None),
            Some((format, rate)) => {
                let (numerator, denominator) = rate.split_once('/').unwrap_or((rate, "1"));
                let ratio = number(numerator).zip(number(denominator));
                let (numerator, denominator) = ratio
                    .filter(|&(numerator, denominator)| numerator > 0 && denominator > 0)
                    .ok_or(RawError(
                        "expected a frame rate such as 30 or 30000/1001 after @",
                    ))?;
                let rate = Ratio {
                    numerator,
                    denominator,
                };
                (format, Some(rate))
            }
        };
        let format =
            RawFormat::find(format).ok_or(RawError("formats are rgb, bgr, gray, nv12 and i420"))?;
        let timing = Timing {
            rate,
            ..Timing::default()
        };
        Ok(Stream {
            width,
            height,
            format: format.pixels(),
            coding: YuvCoding::default(),
            timing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Stream, RawError> {
        text.parse()
    }

    #[test]
    fn sizes_formats_and_rates_are_read() {
        let stream = parse("1920x1080:nv12").unwrap();
        assert_eq!((stream.width, stream.height), (1920, 1080));
        assert_eq!(
            (stream.format, stream.timing),
            (PixelFormat::Nv12, Timing::default())
        );
        let rate = parse("1x2:rgb24@30000/1001").unwrap().timing.rate.unwrap();
        assert_eq!((rate.numerator, rate.denominator), (30_000, 1001));
        let rate = parse("1X2:yuv420p@25").unwrap().timing.rate.unwrap();
        assert_eq!((rate.numerator, rate.denominator), (25, 1));
        for format in RawFormat::ALL {
            let stream = parse(&format!("3x2:{}", format.name())).unwrap();
            assert_eq!(stream.format, format.pixels());
        }
        for wrong in [
            "",
            "1920x1080",
            "x:rgb",
            "1x1:",
            "1x1:png",
            "0x1:rgb",
            "1x0:rgb",
            "-1x1:rgb",
            "1x1:rgb@",
            "1x1:rgb@0",
            "1x1:rgb@1/0",
            "1x1:rgb@a",
            "1:rgb",
            "4294967296x1:gray",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9xX:@/a-z24]{0,24}") {
            if let Ok(stream) = parse(&text) {
                proptest::prop_assert!(stream.width > 0 && stream.height > 0);
            }
        }
    }
}
