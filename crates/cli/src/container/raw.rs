//! Raw frames: frames without any header, whose size and format the user gives.

use super::format::{PixelFormat, Ratio, Stream, Timing};
use super::header::number;
use clap::ValueEnum;
use pixelflume::ops::yuv::Subsampling;

/// The formats of raw frames, with their names on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RawFormat {
    /// Red, green, blue, 3 bytes a pixel (rgb24 of ffmpeg)
    Rgb,
    /// Blue, green, red, 3 bytes a pixel (bgr24 of ffmpeg)
    Bgr,
    /// One byte a pixel
    Gray,
    /// A Y plane, and a plane of interleaved U and V, a pair for 2x2 pixels
    Nv12,
    /// Planes Y, U and V, one chroma sample for 2x2 pixels (yuv420p of ffmpeg)
    I420,
}

impl RawFormat {
    /// The layout of the frames.
    pub(crate) fn pixels(self) -> PixelFormat {
        match self {
            RawFormat::Rgb => PixelFormat::Rgb,
            RawFormat::Bgr => PixelFormat::Bgr,
            RawFormat::Gray => PixelFormat::Gray,
            RawFormat::Nv12 => PixelFormat::Nv12,
            RawFormat::I420 => PixelFormat::Planar(Subsampling::S420),
        }
    }

    /// The name on the command line, and the extension of files.
    pub(crate) fn name(self) -> &'static str {
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
        let mut all = RawFormat::value_variants().iter().copied();
        all.find(|format| format.name() == name)
    }
}

/// A value of `--raw`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RawInput {
    /// The text that the user wrote.
    pub(crate) text: String,
    pub(crate) stream: Stream,
}

impl RawInput {
    /// Parses `WxH:FORMAT` or `WxH:FORMAT@RATE`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Ok(RawInput {
            text: text.to_owned(),
            stream: parse(text)?,
        })
    }
}

/// Parses `WxH:FORMAT` or `WxH:FORMAT@RATE`, for example `1920x1080:nv12@30000/1001`.
pub(crate) fn parse(text: &str) -> Result<Stream, String> {
    const FORM: &str = "expected WIDTHxHEIGHT:FORMAT, for example 1920x1080:nv12, or with a frame rate 1920x1080:nv12@30";
    let (size, format) = text.split_once(':').ok_or(FORM)?;
    let (width, height) = size.split_once(['x', 'X']).ok_or(FORM)?;
    let number = |text: &str| number(text.as_bytes());
    let width = number(width).ok_or(FORM)?;
    let height = number(height).ok_or(FORM)?;
    if width == 0 || height == 0 {
        return Err("width and height are at least 1".to_owned());
    }
    let (format, rate) = match format.split_once('@') {
        None => (format, None),
        Some((format, rate)) => {
            let (numerator, denominator) = rate.split_once('/').unwrap_or((rate, "1"));
            let ratio = number(numerator).zip(number(denominator));
            let (numerator, denominator) = ratio
                .filter(|&(numerator, denominator)| numerator > 0 && denominator > 0)
                .ok_or("expected a frame rate such as 30 or 30000/1001 after @")?;
            let rate = Ratio {
                numerator,
                denominator,
            };
            (format, Some(rate))
        }
    };
    let format = RawFormat::find(format).ok_or("formats are rgb, bgr, gray, nv12 and i420")?;
    let timing = Timing {
        rate,
        ..Timing::default()
    };
    Ok(Stream {
        width,
        height,
        format: format.pixels(),
        timing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for format in RawFormat::value_variants() {
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
}
