//! Reads frames from a stream of bytes.

use super::error::{PixelsError, SizeError, StreamCause, StreamError, check_size};
use super::format::{FrameTag, PixelFormat, Stream, is_tag};
use super::header::{Header, HeaderError, MAGIC, MAX_LINE};
use super::images::FrameImages;
use crate::bytes::{fill, shown};
use crate::position::{Position, seek_within};
use pixelflume_ops::yuv::YuvCoding;
use std::io::{self, BufRead, Read, Seek};

/// A reader of the frames of one stream, in order. It has the memory of one frame at most, which grows with the bytes that arrive.
#[derive(Debug)]
pub struct FrameReader<R> {
    source: R,
    name: String,
    stream: Stream,
    full_range: bool,
    /// Whether each frame is preceded by a line, as in Y4M.
    lines: bool,
    frame_bytes: usize,
    /// Where the first frame begins.
    first: u64,
    offset: u64,
    frames: u64,
    /// Where the frame begins that could not be read. Behind it nothing is read.
    failed: Option<Position>,
}

impl<R: BufRead> FrameReader<R> {
    /// Reads the first line of a Y4M stream. `name` is its name in error messages. A frame may have `max_pixels` pixels, as its width times its height;
    /// each takes up to 3 bytes in the frame, and as many in the image that is made of it.
    ///
    /// # Errors
    /// The first line is refused, or the source cannot be read.
    pub fn y4m(source: R, name: String, max_pixels: u64) -> Result<Self, StreamError> {
        let mut reader = FrameReader {
            source,
            name,
            stream: Stream {
                width: 0,
                height: 0,
                format: PixelFormat::Gray,
                coding: Default::default(),
                timing: Default::default(),
            },
            full_range: false,
            lines: true,
            frame_bytes: 0,
            first: 0,
            offset: 0,
            frames: 0,
            failed: None,
        };
        let header = reader
            .header(max_pixels)
            .map_err(|cause| reader.error(reader.offset, cause))?;
        reader.first = reader.offset;
        reader.stream = header.stream;
        reader.full_range = header.full_range;
        reader.frame_bytes = frame_bytes(&header.stream, max_pixels)
            .map_err(|cause| reader.error(reader.offset, cause))?;
        Ok(reader)
    }

    /// Reads the bytes as raw frames of `stream`; nothing is read yet. `max_pixels` bounds width times height, as in [`FrameReader::y4m`].
    ///
    /// # Errors
    /// A frame has no pixels, or more than `max_pixels`.
    pub fn raw(
        source: R,
        name: String,
        stream: Stream,
        max_pixels: u64,
    ) -> Result<Self, StreamError> {
        let mut reader = FrameReader {
            source,
            name,
            stream,
            full_range: false,
            lines: false,
            frame_bytes: 0,
            first: 0,
            offset: 0,
            frames: 0,
            failed: None,
        };
        reader.frame_bytes =
            frame_bytes(&stream, max_pixels).map_err(|cause| reader.error(0, cause))?;
        Ok(reader)
    }

    /// The same reader, whose YUV frames have this matrix and range. Without it they have those of `stream`, or in Y4M the default, whatever
    /// the header declares.
    pub fn with_coding(mut self, coding: YuvCoding) -> Self {
        self.stream.coding = coding;
        self
    }

    /// Size, format, coding and timing of the frames.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The name of the source in error messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the header declares full-range samples. YUV frames are converted by the coding of the [stream](Self::stream) all the same.
    pub fn is_full_range(&self) -> bool {
        self.full_range && self.stream.format != PixelFormat::Gray
    }

    /// Bytes of one frame in the stream.
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// The position of the frame that [`FrameReader::next_frame`] reads next; behind an error that of the frame that could not be read.
    pub fn next_position(&self) -> Position {
        self.failed.unwrap_or(Position {
            index: self.frames,
            offset: self.offset,
        })
    }

    /// The frames as images.
    pub fn images(self) -> FrameImages<R> {
        FrameImages::new(self)
    }

    /// The number of whole frames read.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Reads the next frame into `frame`, replacing its content; `None` at the end of the stream, and behind an error.
    ///
    /// # Errors
    /// The stream ends within a frame, or is damaged, or cannot be read; the rest of it is not read.
    pub fn next_frame(&mut self, frame: &mut Vec<u8>) -> Result<Option<FrameTag>, StreamError> {
        if self.failed.is_some() {
            return Ok(None);
        }
        let begin = Position {
            index: self.frames,
            offset: self.offset,
        };
        let read = self.read_frame(frame);
        self.failed = read.is_err().then_some(begin);
        read
    }

    /// Reads the next frame into memory of its own; otherwise as [`FrameReader::next_frame`].
    ///
    /// # Errors
    /// The same as for [`FrameReader::next_frame`].
    pub fn next_owned(&mut self) -> Result<Option<(Vec<u8>, FrameTag)>, StreamError> {
        // Memory follows the bytes that arrive until a whole frame has.
        let mut frame = match self.frames {
            0 => Vec::new(),
            _ => vec![0; self.frame_bytes],
        };
        let tag = self.next_frame(&mut frame)?;
        Ok(tag.map(|tag| (frame, tag)))
    }

    fn read_frame(&mut self, frame: &mut Vec<u8>) -> Result<Option<FrameTag>, StreamError> {
        let begin = self.offset;
        let tag = match self.lines {
            false => None,
            true => match self.frame_line() {
                Ok(Some(tag)) => tag,
                Ok(None) => return Ok(None),
                // A truncated line is reported at the end of the stream, a malformed one where it begins.
                Err(cause @ (StreamCause::FrameLine | StreamCause::Read(_))) => {
                    return Err(self.error(self.offset, cause));
                }
                Err(cause) => return Err(self.error(begin, cause)),
            },
        };
        let expected = self.frame_bytes;
        let filled = fill(&mut self.source, frame, expected);
        self.offset += filled.bytes as u64;
        let got = filled
            .ok()
            .map_err(|error| self.error(self.offset, error.into()))?;
        if got == 0 && !self.lines {
            return Ok(None);
        }
        if got < expected {
            return Err(self.error(self.offset, StreamCause::Frame { expected, got }));
        }
        self.frames += 1;
        Ok(Some(tag))
    }

    /// An error about the next frame, or the first line.
    fn error(&self, offset: u64, cause: StreamCause) -> StreamError {
        let is_first_line = matches!(cause, StreamCause::Header(_) | StreamCause::Size(_));
        StreamError {
            name: self.name.clone(),
            frame: (!is_first_line).then_some(self.frames),
            offset,
            cause,
        }
    }

    /// An error about the frame that was read last, for who converts it.
    pub fn pixels_error(&self, cause: PixelsError) -> StreamError {
        StreamError {
            name: self.name.clone(),
            frame: Some(self.frames.saturating_sub(1)),
            offset: self.offset,
            cause: cause.into(),
        }
    }

    fn header(&mut self, max_pixels: u64) -> Result<Header, StreamCause> {
        let mut line = Vec::new();
        let begin = self.line(&mut line)?;
        let magic = line.get(..MAGIC.len()) == Some(MAGIC);
        match begin {
            Line::None => Err(HeaderError::Empty.into()),
            // A stream that is no Y4M is reported as such, however long its first line is.
            Line::Whole => Ok(Header::parse(&line, max_pixels)?),
            _ if !magic && !MAGIC.starts_with(&line) => Err(HeaderError::Magic {
                found: shown(&line),
            }
            .into()),
            Line::Cut => Err(HeaderError::Ends.into()),
            Line::TooLong => Err(HeaderError::TooLong.into()),
        }
    }

    /// Reads the line before a frame; `None` at the end of the stream.
    fn frame_line(&mut self) -> Result<Option<FrameTag>, StreamCause> {
        let mut line = Vec::new();
        let read = self.line(&mut line)?;
        const FRAME: &[u8] = b"FRAME";
        let mut words = line.split(|&byte| byte == b' ');
        let is_frame = words.next() == Some(FRAME);
        match read {
            Line::None => Ok(None),
            Line::Whole if is_frame => {
                let mut tags = words.filter_map(|word| word.strip_prefix(b"I")?.try_into().ok());
                Ok(Some(tags.find(is_tag)))
            }
            Line::TooLong if is_frame => Err(StreamCause::FrameLineTooLong),
            Line::Cut if is_frame || FRAME.starts_with(&line) => Err(StreamCause::FrameLine),
            _ => Err(StreamCause::NoFrame {
                found: shown(&line),
            }),
        }
    }

    /// Reads up to the next newline, which is dropped; `line` is empty before.
    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        let mut bounded = (&mut self.source).take(MAX_LINE as u64 + 1);
        let result = bounded.read_until(b'\n', line);
        // Bytes read before an error count as well.
        self.offset += line.len() as u64;
        let read = result?;
        Ok(match line.pop_if(|byte| *byte == b'\n') {
            Some(_) => Line::Whole,
            None if read == 0 => Line::None,
            None if read > MAX_LINE => Line::TooLong,
            None => Line::Cut,
        })
    }
}

impl<R: BufRead + Seek> FrameReader<R> {
    /// Goes to a position of this stream, whose first byte is the first of the source; the next frame is read there. Checked is that the stream is long
    /// enough and that frame number `position.index` can begin there: of raw frames at one offset only, in Y4M behind at least as many bytes as the frames before
    /// have. That a frame begins there in Y4M is seen when its line is read.
    ///
    /// # Errors
    /// No frame begins there, and the reader is where it was; or the source cannot seek, and nothing more is read.
    pub fn skip_to(&mut self, position: Position) -> Result<(), StreamError> {
        let Position { index, offset } = position;
        let frame = self.frame_bytes as u64;
        let frames = offset.checked_sub(self.first);
        let is_right = frames.is_some_and(|bytes| match self.lines {
            // Each frame has its line: FRAME and a newline at least.
            true => bytes / (frame + 6) >= index && (index > 0 || bytes == 0),
            false => index.checked_mul(frame) == Some(bytes),
        });
        let sought = match is_right {
            true => seek_within(&mut self.source, offset, self.offset),
            false => Ok(false),
        };
        let cause = match sought {
            Ok(true) => {
                self.failed = None;
                (self.frames, self.offset) = (index, offset);
                return Ok(());
            }
            Ok(false) => StreamCause::Position { index },
            Err(error) => {
                self.failed = Some(self.next_position());
                error.into()
            }
        };
        Err(StreamError {
            name: self.name.clone(),
            frame: Some(index),
            offset,
            cause,
        })
    }
}

/// The result of reading a line.
enum Line {
    /// The stream ended before the line.
    None,
    /// The line ended with a newline.
    Whole,
    /// The line ended with the stream.
    Cut,
    /// The line is longer than [`MAX_LINE`].
    TooLong,
}

fn frame_bytes(stream: &Stream, max_pixels: u64) -> Result<usize, StreamCause> {
    let (width, height) = (stream.width, stream.height);
    check_size(width, height, max_pixels)?;
    let bytes = stream.format.frame_bytes(width, height);
    Ok(bytes.ok_or(SizeError::TooLarge {
        width,
        height,
        limit: max_pixels,
    })?)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
