//! Reads frames from a stream of bytes.

use super::format::{FrameTag, PixelFormat, Stream};
use super::header::{Header, HeaderError, MAGIC, MAX_LINE, SizeError, check_size, shown};
use std::io::{self, BufRead, Read};
use thiserror::Error;

/// The error of a stream that is truncated or damaged.
#[derive(Debug, Error)]
#[error("{place} byte {offset}: {cause}")]
pub(crate) struct StreamError {
    /// The source and the frame, as the beginning of the message.
    pub(crate) place: String,
    /// The offset in bytes from the beginning of the stream.
    pub(crate) offset: u64,
    pub(crate) cause: StreamCause,
}

/// The cause of a [`StreamError`].
#[derive(Debug, Error)]
pub(crate) enum StreamCause {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Size(#[from] SizeError),
    #[error("a frame of {expected} bytes ends after {got}")]
    Frame { expected: usize, got: usize },
    #[error("the stream ends within the line that begins a frame")]
    FrameLine,
    #[error("the line that begins a frame is longer than {MAX_LINE} bytes")]
    FrameLineTooLong,
    #[error("a frame begins with FRAME, this with {found}")]
    NoFrame { found: String },
    #[error("{0}")]
    Pixels(String),
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// A reader of the frames of one stream, in order.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    source: R,
    name: String,
    stream: Stream,
    full_range: bool,
    /// Whether each frame is preceded by a line, as in Y4M.
    lines: bool,
    frame_bytes: usize,
    offset: u64,
    frames: u64,
    /// The frame that [`FrameReader::look_ahead`] read.
    ahead: Option<Ahead>,
}

/// A frame and its tag, the end of the stream, or an error.
type Ahead = Result<Option<(Vec<u8>, FrameTag)>, StreamError>;

impl<R: BufRead> FrameReader<R> {
    /// Reads the first line of a Y4M stream; `name` is its name in error messages.
    pub(crate) fn y4m(source: R, name: String, max_pixels: u64) -> Result<Self, StreamError> {
        let mut reader = FrameReader {
            source,
            name,
            stream: Stream {
                width: 0,
                height: 0,
                format: PixelFormat::Gray,
                timing: Default::default(),
            },
            full_range: false,
            lines: true,
            frame_bytes: 0,
            offset: 0,
            frames: 0,
            ahead: None,
        };
        let header = reader
            .header(max_pixels)
            .map_err(|cause| reader.error(reader.offset, cause))?;
        reader.stream = header.stream;
        reader.full_range = header.full_range;
        reader.frame_bytes = frame_bytes(&header.stream, max_pixels)
            .map_err(|cause| reader.error(reader.offset, cause))?;
        Ok(reader)
    }

    /// Reads the bytes as raw frames of `stream`.
    pub(crate) fn raw(
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
            offset: 0,
            frames: 0,
            ahead: None,
        };
        reader.frame_bytes =
            frame_bytes(&stream, max_pixels).map_err(|cause| reader.error(0, cause))?;
        Ok(reader)
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The name of the source in error messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the header declares full-range samples; YUV frames are converted as video range all the same.
    pub(crate) fn is_full_range(&self) -> bool {
        self.full_range && self.stream.format != PixelFormat::Gray
    }

    /// Bytes of one frame in the stream.
    pub(crate) fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Reads the next frame ahead of [`FrameReader::next`]; returns whether there is one.
    pub(crate) fn look_ahead(&mut self) -> bool {
        if self.ahead.is_none() {
            let mut frame = Vec::new();
            let read = self.read_next(&mut frame);
            self.ahead = Some(read.map(|tag| Some((frame, tag?))));
        }
        matches!(self.ahead, Some(Ok(Some(_))))
    }

    /// The number of whole frames read.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Reads the next frame into `frame`, replacing its content; `None` at the end of the stream.
    ///
    /// # Errors
    /// The stream ends within a frame, or is damaged; the rest of it cannot be read.
    pub(crate) fn next(&mut self, frame: &mut Vec<u8>) -> Result<Option<FrameTag>, StreamError> {
        match self.ahead.take() {
            None => self.read_next(frame),
            Some(read) => Ok(read?.map(|(read, tag)| {
                *frame = read;
                tag
            })),
        }
    }

    fn read_next(&mut self, frame: &mut Vec<u8>) -> Result<Option<FrameTag>, StreamError> {
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
        let got = self
            .fill(frame)
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
    pub(crate) fn error(&self, offset: u64, cause: StreamCause) -> StreamError {
        let place = match cause {
            StreamCause::Header(_) | StreamCause::Size(_) => format!("{}:", self.name),
            _ => format!("{}: frame {},", self.name, self.frames),
        };
        StreamError {
            place,
            offset,
            cause,
        }
    }

    /// An error about the frame that was read last.
    pub(crate) fn pixels_error(&self, text: String) -> StreamError {
        StreamError {
            place: format!("{}: frame {},", self.name, self.frames.saturating_sub(1)),
            offset: self.offset,
            cause: StreamCause::Pixels(text),
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
                let is_tag = |tag: &[u8; 3]| tag.iter().all(u8::is_ascii_alphanumeric);
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

    /// Reads a frame into `frame`, replacing its content, and returns the number of bytes read: fewer than a frame where the
    /// stream ends.
    fn fill(&mut self, frame: &mut Vec<u8>) -> io::Result<usize> {
        frame.truncate(self.frame_bytes);
        let mut filled = 0;
        loop {
            if filled == frame.len() {
                if filled == self.frame_bytes {
                    return Ok(filled);
                }
                // Memory grows with the bytes that arrive, not with the size that a header declares.
                let more = filled.max(FIRST_BYTES);
                let length = filled.saturating_add(more).min(self.frame_bytes);
                frame.reserve_exact(length.saturating_sub(frame.len()));
                frame.resize(length, 0);
            }
            match self.source.read(&mut frame[filled..]) {
                Ok(0) => return Ok(filled),
                Ok(read) => {
                    filled += read;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Bytes allocated for a frame before its first byte is read.
const FIRST_BYTES: usize = 1 << 20;

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
