//! GIF, by the crate `gif`: the first frame, on a canvas of the size of the image.
//!
//! The pixels are those of the first frame that Pillow 13 opens. The canvas holds the whole frame, even if the frame reaches beyond
//! the size in the file's header; around the frame it has the transparent color if there is one, and color 0 otherwise.

use crate::decode::header::{Decoder, Header};
use crate::decode::turn::Turn;
use crate::error::{DecodeError, reason};
use crate::format::Format;
use crate::source::Source;
use gif::DecodingError;
use pixelflume_ops::{Image, ImageShape};
use std::io;

/// A GIF file, read up to the pixels of its first frame.
pub(crate) struct GifFile<R: Source> {
    decoder: gif::Decoder<R>,
    frame: Frame,
    palette: Palette,
    shape: ImageShape,
}

/// Where the first frame lies on the canvas, in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

/// The colors of the first frame as RGBA, one for each index; those that the file does not have are black.
struct Palette {
    colors: Box<[[u8; 4]; 256]>,
    /// The index of the pixels around the frame.
    around: u8,
    /// Channels that are needed for these colors: 1, 3 or 4.
    channels: u32,
}

/// Reads the file up to the pixels of its first frame.
pub(crate) fn open<R: Source>(source: R) -> Result<GifFile<R>, DecodeError> {
    let mut decoder = gif::DecodeOptions::new().read_info(source).map_err(error)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let first = decoder.next_frame_info().map_err(error)?;
    let Some(first) = first else {
        return Err(damaged("it has no frame"));
    };
    let frame = Frame {
        left: first.left.into(),
        top: first.top.into(),
        width: first.width.into(),
        height: first.height.into(),
    };
    if frame.width == 0 || frame.height == 0 {
        return Err(damaged("its first frame has no pixels"));
    }
    let transparent = first.transparent;
    let palette = Palette::new(decoder.palette().map_err(error)?, transparent);
    let shape = ImageShape::u8(
        width.max(frame.left + frame.width),
        height.max(frame.top + frame.height),
        palette.channels,
    );
    Ok(GifFile {
        decoder,
        frame,
        palette,
        shape,
    })
}

impl<R: Source> GifFile<R> {
    pub(crate) fn header(&self) -> Header {
        let indices = u64::from(self.frame.width) * u64::from(self.frame.height);
        let ImageShape {
            width,
            height,
            channels,
            ..
        } = self.shape;
        let canvas = u64::from(width) * u64::from(height) * u64::from(channels);
        Header {
            shape: self.shape,
            turn: Turn::NONE,
            bytes: indices + canvas,
            crops: false,
        }
    }
}

impl<R: Source> Decoder for GifFile<R> {
    fn decode(mut self: Box<Self>) -> Result<Image, DecodeError> {
        let mut indices = vec![0; self.decoder.buffer_size()];
        self.decoder.read_into_buffer(&mut indices).map_err(error)?;
        let canvas = match self.palette.channels {
            1 => self.canvas(&indices, |[gray, ..]| [gray]),
            3 => self.canvas(&indices, |[red, green, blue, _]| [red, green, blue]),
            _ => self.canvas(&indices, |rgba| rgba),
        };
        Image::new(self.shape, canvas).map_err(|error| damaged(reason(&error)))
    }
}

impl<R: Source> GifFile<R> {
    /// The samples of the canvas with the frame on it. `pixel` takes the channels of a pixel from its RGBA color.
    fn canvas<const N: usize>(
        &self,
        indices: &[u8],
        pixel: impl Fn([u8; 4]) -> [u8; N],
    ) -> Vec<u8> {
        let color = |index: u8| pixel(self.palette.colors[usize::from(index)]);
        let (width, height) = (self.shape.width as usize, self.shape.height as usize);
        let frame = self.frame;
        let mut canvas = vec![0; width * height * N];
        let (pixels, _) = canvas.as_chunks_mut::<N>();
        pixels.fill(color(self.palette.around));
        let left = frame.left as usize;
        let rows = pixels.chunks_exact_mut(width).skip(frame.top as usize);
        for (row, indices) in rows.zip(indices.chunks_exact(frame.width as usize)) {
            for (pixel, &index) in row[left..].iter_mut().zip(indices) {
                *pixel = color(index);
            }
        }
        canvas
    }
}

impl Palette {
    /// The palette of a frame: red, green and blue of each color, and the index that is transparent.
    fn new(rgb: &[u8], transparent: Option<u8>) -> Self {
        let mut colors = Box::new([[0, 0, 0, 255]; 256]);
        let (stored, _) = rgb.as_chunks::<3>();
        for (color, stored) in colors.iter_mut().zip(stored) {
            color[..3].copy_from_slice(stored);
        }
        // Files of gray images have the index as its color.
        let is_gray = (0..=u8::MAX)
            .zip(stored)
            .all(|(index, color)| *color == [index; 3]);
        if let Some(index) = transparent {
            colors[usize::from(index)][3] = 0;
        }
        let channels = match (transparent, is_gray) {
            (Some(_), _) => 4,
            (None, true) => 1,
            (None, false) => 3,
        };
        Palette {
            colors,
            around: transparent.unwrap_or(0),
            channels,
        }
    }
}

fn damaged(reason: impl Into<String>) -> DecodeError {
    DecodeError::Damaged {
        format: Format::Gif,
        reason: reason.into(),
    }
}

fn error(error: DecodingError) -> DecodeError {
    match error {
        DecodingError::UnexpectedEof => DecodeError::Truncated {
            format: Format::Gif,
        },
        DecodingError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated {
                format: Format::Gif,
            }
        }
        DecodingError::Io(error) => DecodeError::Read(error),
        error => damaged(reason(&error)),
    }
}
