//! Frames as images, one after the other.

use super::error::StreamError;
use super::pixels::convert_frame;
use super::reader::FrameReader;
use pixelflume_ops::Image;
use std::io::BufRead;

/// An iterator over the frames of a stream as images: RGB, or gray with one channel. It ends behind the first error.
#[derive(Debug)]
pub struct FrameImages<R> {
    reader: FrameReader<R>,
    frame: Vec<u8>,
    ended: bool,
}

impl<R> FrameImages<R> {
    pub(super) fn new(reader: FrameReader<R>) -> Self {
        FrameImages {
            reader,
            frame: Vec::new(),
            ended: false,
        }
    }

    /// The reader, for example for its position.
    pub fn reader(&self) -> &FrameReader<R> {
        &self.reader
    }
}

impl<R: BufRead> FrameImages<R> {
    fn read(&mut self) -> Result<Option<Image>, StreamError> {
        if self.reader.next_frame(&mut self.frame)?.is_none() {
            return Ok(None);
        }
        let stream = self.reader.stream();
        let shape = stream.shape();
        let mut samples = vec![0; shape.bytes()];
        let failed = |error| self.reader.pixels_error(error);
        convert_frame(stream, &self.frame, &mut samples).map_err(failed)?;
        let image = Image::new(shape, samples);
        Ok(Some(
            image.expect("it has the bytes of its shape, which has pixels"),
        ))
    }
}

impl<R: BufRead> Iterator for FrameImages<R> {
    type Item = Result<Image, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}
