//! What a caller asks of the decoder.

use crate::error::JpegError;
use crate::file::color::ColorSpace;
use crate::file::frame::Frame;
use crate::samples::color::cmyk::Cmyk;
use crate::samples::geometry::Region;

/// What the pixels of a decoded image are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Color {
    /// Red, green and blue, interleaved: 3 bytes. What `cv2.imread(IMREAD_COLOR)` gives (in the order BGR) and
    /// `Image.convert("RGB")` of Pillow.
    #[default]
    Rgb,
    /// Gray: 1 byte. What `cv2.imread(IMREAD_GRAYSCALE)` gives: the luma of files that have it, which is not what their RGB would give.
    Gray,
    /// [`Gray`](Self::Gray) for files of one component, and [`Rgb`](Self::Rgb) for others.
    Native,
}

impl Color {
    /// Bytes of a pixel: 1 or 3.
    #[must_use]
    pub fn channels(self, space: ColorSpace) -> usize {
        match (self, space) {
            (Self::Gray, _) | (Self::Native, ColorSpace::Gray) => 1,
            _ => 3,
        }
    }
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rect {
    /// Left column.
    pub x: u32,
    /// Top row.
    pub y: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

impl Rect {
    /// The rectangle of a whole image.
    pub(crate) fn whole(frame: &Frame) -> Self {
        Self {
            x: 0,
            y: 0,
            width: frame.width(),
            height: frame.height(),
        }
    }

    /// Whether the rectangle has a pixel, and lies in an image of this size.
    #[must_use]
    pub fn is_inside(self, width: u32, height: u32) -> bool {
        let inside = |start: u32, length: u32, side: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
        };
        inside(self.x, self.width, width) && inside(self.y, self.height, height)
    }

    /// The rectangle, if it is not empty and inside the image.
    pub(crate) fn region(self, frame: &Frame) -> Result<Region, JpegError> {
        let Self {
            x,
            y,
            width,
            height,
        } = self;
        match self.is_inside(frame.width(), frame.height()) {
            true => Ok(Region {
                x: x..x + width,
                y: y..y + height,
            }),
            false => Err(JpegError::Crop {
                x,
                y,
                width,
                height,
                image_width: frame.width(),
                image_height: frame.height(),
            }),
        }
    }
}

/// How an image is decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// What the pixels are.
    pub color: Color,
    /// The formula for RGB from CMYK.
    pub cmyk: Cmyk,
    /// Whether a file that is cut or damaged is decoded as OpenCV's `imread` decodes it, and is no error. A file without a whole header,
    /// and one whose structure is not valid, is an error all the same.
    pub allow_truncated: bool,
    /// The rectangle to decode; `None`, the default, is the whole image. Its pixels are those that it has in the whole image. If one
    /// scan has the whole image, the rows below the rectangle are not decoded, and damage in them is not noticed.
    pub crop: Option<Rect>,
    /// The most bytes of memory that decoding may take beside the file and the target, 1 GiB unless set.
    pub max_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: Color::default(),
            cmyk: Cmyk::default(),
            allow_truncated: false,
            crop: None,
            max_bytes: 1 << 30,
        }
    }
}

/// Memory for the pixels of an image: rows from top to bottom.
#[derive(Debug)]
pub struct Target<'a> {
    /// The bytes. What lies between the rows is not written.
    pub data: &'a mut [u8],
    /// Bytes from a row to the next, at least those of a row.
    pub pitch: usize,
}

impl Target<'_> {
    /// Refuses a target in which `rows` rows of `row` bytes have no room.
    pub(crate) fn check(&self, rows: usize, row: usize) -> Result<(), JpegError> {
        let last = self.pitch.checked_mul(rows.saturating_sub(1));
        let needed = last.and_then(|last| last.checked_add(row));
        if self.pitch >= row && needed.is_some_and(|needed| needed <= self.data.len()) {
            return Ok(());
        }
        Err(JpegError::Target {
            bytes: self.data.len(),
            pitch: self.pitch,
            rows,
            row,
        })
    }
}
