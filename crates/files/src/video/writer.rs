//! Writes frames to a stream of bytes.

use super::error::{PixelsError, ShapeError, WriteError};
use super::format::{FrameTag, Interlacing, PixelFormat, Ratio, Timing, is_tag};
use super::pixels::{append_frame, check_video};
use super::raw::RawFormat;
use pixelflume_ops::ImageShape;
use pixelflume_ops::yuv::{Subsampling, YuvCoding, YuvRange};
use std::io::{self, Write};

/// The container that a video is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    /// Y4M: one channel as `Cmono`, RGB as `C444`.
    Y4m,
    /// Frames without header.
    Raw(RawFormat),
}

impl Container {
    /// The extension of the container's files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Y4m => "y4m",
            Container::Raw(format) => format.name(),
        }
    }

    /// The pixel format of images of this shape in the container.
    ///
    /// # Errors
    /// The container has no format for images of this shape; the error says what to do.
    pub fn pixels(self, shape: &ImageShape) -> Result<PixelFormat, ShapeError> {
        check_video(shape)?;
        let format = match self {
            Container::Y4m if shape.channels == 1 => PixelFormat::Gray,
            Container::Y4m => PixelFormat::Planar(Subsampling::S444),
            Container::Raw(format) => format.pixels(),
        };
        if format.channels() != shape.channels {
            return Err(ShapeError::Format {
                shape: *shape,
                name: self.extension(),
                takes: format.channels(),
                fitting: match shape.channels {
                    1 => RawFormat::Gray,
                    _ => RawFormat::Rgb,
                },
            });
        }
        Ok(format)
    }
}

/// A writer of images of one shape as the frames of a stream.
#[derive(Debug)]
pub struct FrameWriter<W> {
    target: W,
    shape: ImageShape,
    format: PixelFormat,
    coding: YuvCoding,
    /// Whether a line precedes each frame, and whether it has the tag of the frame.
    lines: bool,
    tags: bool,
    /// A frame with its line, written at once.
    buffer: Vec<u8>,
}

impl<W: Write> FrameWriter<W> {
    /// Writes the first line, where the container has one, with this timing. YUV frames have the default coding.
    ///
    /// # Errors
    /// As [`Container::pixels`]; the target cannot be written.
    pub fn new(
        target: W,
        container: Container,
        shape: ImageShape,
        timing: &Timing,
    ) -> Result<Self, WriteError> {
        FrameWriter::with_coding(target, container, shape, timing, YuvCoding::default())
    }

    /// As [`FrameWriter::new`], for YUV frames of this matrix and range. Y4M declares full range (`XCOLORRANGE=FULL`), and has no word for
    /// the matrix.
    ///
    /// # Errors
    /// As [`FrameWriter::new`].
    pub fn with_coding(
        mut target: W,
        container: Container,
        shape: ImageShape,
        timing: &Timing,
        coding: YuvCoding,
    ) -> Result<Self, WriteError> {
        let format = container.pixels(&shape)?;
        let lines = container == Container::Y4m;
        if lines {
            target.write_all(first_line(&shape, format, coding.range, timing).as_bytes())?;
        }
        Ok(FrameWriter {
            target,
            shape,
            format,
            coding,
            lines,
            tags: timing.interlacing == Some(Interlacing::Mixed),
            buffer: Vec::new(),
        })
    }

    /// Writes one frame: the samples of an image of the stream's shape, without row padding. The tag is written where interlacing is mixed.
    ///
    /// # Errors
    /// Another number of bytes than such an image has; the tag is not of letters and digits; the target cannot be written.
    pub fn write(&mut self, samples: &[u8], tag: FrameTag) -> Result<(), WriteError> {
        let expected = self.shape.bytes();
        if samples.len() != expected {
            let error = PixelsError::Length {
                what: "the frame",
                got: samples.len(),
                expected,
                width: self.shape.width,
                height: self.shape.height,
            };
            return Err(error.into());
        }
        let tag = tag.filter(|_| self.tags);
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(WriteError::Tag { tag });
        }
        self.buffer.clear();
        if self.lines {
            self.buffer.extend_from_slice(b"FRAME");
            if let Some(tag) = tag {
                self.buffer.extend_from_slice(b" I");
                self.buffer.extend_from_slice(&tag);
            }
            self.buffer.push(b'\n');
        }
        append_frame(
            self.format,
            self.coding,
            &self.shape,
            samples,
            &mut self.buffer,
        )
        .map_err(PixelsError::from)?;
        Ok(self.target.write_all(&self.buffer)?)
    }

    /// Flushes and returns the target.
    ///
    /// # Errors
    /// The target cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.target.flush()?;
        Ok(self.target)
    }
}

fn first_line(shape: &ImageShape, format: PixelFormat, range: YuvRange, timing: &Timing) -> String {
    let mut line = format!("YUV4MPEG2 W{} H{}", shape.width, shape.height);
    let mut push = |letter: char, ratio: Option<Ratio>| {
        if let Some(Ratio {
            numerator,
            denominator,
        }) = ratio
        {
            line.push_str(&format!(" {letter}{numerator}:{denominator}"));
        }
    };
    push('F', timing.rate);
    push('A', timing.aspect);
    if let Some(mode) = timing.interlacing {
        line.push_str(&format!(" I{}", mode.letter()));
    }
    line.push_str(match (format, range) {
        (PixelFormat::Gray, _) => " Cmono\n",
        (_, YuvRange::Full) => " C444 XCOLORRANGE=FULL\n",
        _ => " C444\n",
    });
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::format::Stream;
    use crate::video::reader::FrameReader;
    use pixelflume_ops::{Image, Layout, SampleType};

    const TIMING: Timing = Timing {
        rate: Some(Ratio {
            numerator: 24_000,
            denominator: 1001,
        }),
        interlacing: Some(Interlacing::Mixed),
        aspect: Some(Ratio {
            numerator: 0,
            denominator: 0,
        }),
    };

    #[test]
    fn full_range_is_declared() {
        let coding = YuvCoding {
            range: YuvRange::Full,
            ..YuvCoding::default()
        };
        for (channels, declared) in [(1, false), (3, true)] {
            let shape = ImageShape::u8(1, 1, channels);
            let timing = Timing::default();
            let target = Vec::new();
            let mut writer =
                FrameWriter::with_coding(target, Container::Y4m, shape, &timing, coding).unwrap();
            writer.write(&vec![255; shape.bytes()], None).unwrap();
            let bytes = writer.finish().unwrap();
            let reader = FrameReader::y4m(&bytes[..], String::new(), 1000).unwrap();
            assert_eq!(reader.is_full_range(), declared);
            let mut images = reader.with_coding(coding).images();
            let image = images.next().unwrap().unwrap();
            assert!(
                image.data().iter().all(|&sample| sample == 255),
                "{image:?}"
            );
            // White of full range.
            assert_eq!(bytes[bytes.len() - shape.bytes()], 255);
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let shape = ImageShape::u8(5, 3, 1);
        let image = Image::from_fn(5, 3, 1, |x, y, _| (x * 9 + y) as u8).unwrap();
        let mut writer = FrameWriter::new(Vec::new(), Container::Y4m, shape, &TIMING).unwrap();
        for tag in [None, Some(*b"tpp")] {
            writer.write(image.data(), tag).unwrap();
        }
        let wrong = writer.write(image.data(), Some(*b"t\np"));
        assert!(matches!(wrong, Err(WriteError::Tag { .. })), "{wrong:?}");
        let bytes = writer.finish().unwrap();
        assert!(bytes.starts_with(b"YUV4MPEG2 W5 H3 F24000:1001 A0:0 Im Cmono\nFRAME\n\0"));
        let mut reader = FrameReader::y4m(&bytes[..], String::new(), 1000).unwrap();
        let expected = Stream {
            width: 5,
            height: 3,
            format: PixelFormat::Gray,
            coding: YuvCoding::default(),
            timing: TIMING,
        };
        assert_eq!(*reader.stream(), expected);
        let mut frame = Vec::new();
        for tag in [Some(None), Some(Some(*b"tpp"))] {
            assert_eq!(reader.next_frame(&mut frame).unwrap(), tag);
            assert_eq!(frame, image.data());
        }
        assert_eq!(reader.next_frame(&mut frame).unwrap(), None);
    }

    #[test]
    fn rgb_becomes_444_and_raw_has_no_lines() {
        let shape = ImageShape::u8(2, 1, 3);
        let image = Image::from_fn(2, 1, 3, |_, _, _| 255).unwrap();
        for (container, expected) in [
            (
                Container::Y4m,
                &b"YUV4MPEG2 W2 H1 C444\nFRAME\n\xeb\xeb\x80\x80\x80\x80"[..],
            ),
            (Container::Raw(RawFormat::Rgb), &[255; 6]),
            (Container::Raw(RawFormat::Nv12), b"\xeb\xeb\x80\x80"),
        ] {
            let timing = Timing::default();
            let mut writer = FrameWriter::new(Vec::new(), container, shape, &timing).unwrap();
            writer.write(image.data(), Some(*b"tpp")).unwrap();
            assert_eq!(writer.finish().unwrap(), expected);
        }
    }

    #[test]
    fn frames_of_another_size_are_refused() {
        let shape = ImageShape::u8(2, 1, 1);
        let mut writer = FrameWriter::new(Vec::new(), Container::Y4m, shape, &TIMING).unwrap();
        assert!(matches!(
            writer.write(&[0; 3], None),
            Err(WriteError::Pixels(_))
        ));
    }

    #[test]
    fn shapes_that_are_no_video_are_refused_with_what_to_do() {
        let shape = |channels, sample| ImageShape {
            sample,
            ..ImageShape::u8(4, 3, channels)
        };
        let planar = ImageShape {
            layout: Layout::Planar,
            ..ImageShape::u8(4, 3, 3)
        };
        let raw = Container::Raw;
        for (container, shape, text) in [
            (Container::Y4m, shape(1, SampleType::I16), ".npy"),
            (Container::Y4m, shape(3, SampleType::F32), ".npy"),
            (Container::Y4m, shape(4, SampleType::U8), "rgba_to_rgb"),
            (Container::Y4m, shape(2, SampleType::U8), "1 or 3"),
            (Container::Y4m, planar, "planes"),
            (
                raw(RawFormat::Nv12),
                shape(1, SampleType::U8),
                "write gray frames",
            ),
            (
                raw(RawFormat::Gray),
                shape(3, SampleType::U8),
                "write rgb frames",
            ),
        ] {
            let error = container.pixels(&shape).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
