//! Frames as images, one after the other.

use super::error::StreamError;
use super::pixels::frame_image;
use super::reader::FrameReader;
use pixelflume_ops::Image;
use std::io::BufRead;

/// An iterator over the frames of a stream as images: RGB, or gray with one channel. It ends behind the first error.
#[derive(Debug)]
pub struct FrameImages<R> {
    reader: FrameReader<R>,
    ended: bool,
}

impl<R> FrameImages<R> {
    pub(super) fn new(reader: FrameReader<R>) -> Self {
        FrameImages {
            reader,
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
        let Some((frame, _)) = self.reader.next_owned()? else {
            return Ok(None);
        };
        let image = frame_image(self.reader.stream(), frame);
        image
            .map(Some)
            .map_err(|error| self.reader.pixels_error(error))
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
