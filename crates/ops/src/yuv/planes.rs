//! The sizes of planes, and frames as planes.

use super::YuvError;

/// How many pixels share a chroma sample.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Subsampling {
    /// 4:2:0: blocks of 2x2 pixels.
    S420,
    /// 4:2:2: blocks of two pixels of a row.
    S422,
    /// 4:4:4: each pixel has its own.
    S444,
}

/// A frame as planes, each in rows without padding.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Luma, `width * height` bytes.
    pub y: &'a [u8],
    /// Blue difference, as many bytes as [`Subsampling::chroma_size`] says.
    pub u: &'a [u8],
    /// Red difference, as many bytes as `u`.
    pub v: &'a [u8],
}

/// A frame as planes to be written; see [`Planes`].
#[derive(Debug)]
pub struct PlanesMut<'a> {
    /// Luma.
    pub y: &'a mut [u8],
    /// Blue difference.
    pub u: &'a mut [u8],
    /// Red difference.
    pub v: &'a mut [u8],
}

impl Subsampling {
    /// Width and height of a chroma plane of a frame of `width` x `height` pixels: halves are rounded up.
    pub fn chroma_size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Subsampling::S420 => (width.div_ceil(2), height.div_ceil(2)),
            Subsampling::S422 => (width.div_ceil(2), height),
            Subsampling::S444 => (width, height),
        }
    }

    /// Bytes of a frame: the Y plane and two chroma planes.
    ///
    /// # Errors
    /// A dimension is zero, or the number is larger than any memory.
    pub fn frame_bytes(self, width: u32, height: u32) -> Result<usize, YuvError> {
        let luma = area(width, height, 1)?;
        let chroma = self.chroma_bytes(width, height)?;
        chroma
            .checked_mul(2)
            .and_then(|chroma| luma.checked_add(chroma))
            .ok_or(YuvError::TooLarge { width, height })
    }

    /// Bytes of a chroma plane.
    pub(super) fn chroma_bytes(self, width: u32, height: u32) -> Result<usize, YuvError> {
        let (columns, rows) = self.chroma_size(width, height);
        area(columns, rows, 1)
    }
}

impl<'a> Planes<'a> {
    /// The planes of a frame whose Y, U and V follow each other.
    ///
    /// # Errors
    /// The size is impossible, or `frame` has not [`Subsampling::frame_bytes`].
    pub fn of_frame(
        subsampling: Subsampling,
        width: u32,
        height: u32,
        frame: &'a [u8],
    ) -> Result<Self, YuvError> {
        let expected = subsampling.frame_bytes(width, height)?;
        check("all planes", (width, height), frame.len(), expected)?;
        let (y, chroma) = frame.split_at(area(width, height, 1)?);
        let (u, v) = chroma.split_at(chroma.len() / 2);
        Ok(Planes { y, u, v })
    }

    pub(super) fn check(
        &self,
        subsampling: Subsampling,
        width: u32,
        height: u32,
    ) -> Result<(), YuvError> {
        let lengths = [self.y.len(), self.u.len(), self.v.len()];
        check_lengths(subsampling, width, height, lengths)
    }
}

impl<'a> PlanesMut<'a> {
    /// The planes of a frame whose Y, U and V follow each other.
    ///
    /// # Errors
    /// As for [`Planes::of_frame`].
    pub fn of_frame(
        subsampling: Subsampling,
        width: u32,
        height: u32,
        frame: &'a mut [u8],
    ) -> Result<Self, YuvError> {
        let expected = subsampling.frame_bytes(width, height)?;
        check("all planes", (width, height), frame.len(), expected)?;
        let (y, chroma) = frame.split_at_mut(area(width, height, 1)?);
        let half = chroma.len() / 2;
        let (u, v) = chroma.split_at_mut(half);
        Ok(PlanesMut { y, u, v })
    }

    pub(super) fn check(
        &self,
        subsampling: Subsampling,
        width: u32,
        height: u32,
    ) -> Result<(), YuvError> {
        let lengths = [self.y.len(), self.u.len(), self.v.len()];
        check_lengths(subsampling, width, height, lengths)
    }
}

/// Bytes of an NV12 frame: the Y plane, then rows of (w + 1) / 2 pairs of U and V for every two rows.
///
/// # Errors
/// A dimension is zero, or the number is larger than any memory.
pub fn nv12_bytes(width: u32, height: u32) -> Result<usize, YuvError> {
    Subsampling::S420.frame_bytes(width, height)
}

/// `width * height * samples`, or why there is no such plane.
pub(super) fn area(width: u32, height: u32, samples: usize) -> Result<usize, YuvError> {
    if width == 0 || height == 0 {
        return Err(YuvError::Empty { width, height });
    }
    (width as usize)
        .checked_mul(height as usize)
        .and_then(|pixels| pixels.checked_mul(samples))
        .filter(|&bytes| isize::try_from(bytes).is_ok())
        .ok_or(YuvError::TooLarge { width, height })
}

pub(super) fn check(
    what: &'static str,
    (width, height): (u32, u32),
    got: usize,
    expected: usize,
) -> Result<(), YuvError> {
    if got == expected {
        return Ok(());
    }
    Err(YuvError::Length {
        what,
        width,
        height,
        expected,
        got,
    })
}

fn check_lengths(
    subsampling: Subsampling,
    width: u32,
    height: u32,
    [y, u, v]: [usize; 3],
) -> Result<(), YuvError> {
    let [in_u, in_v] = match subsampling {
        Subsampling::S420 => ["the U plane (4:2:0)", "the V plane (4:2:0)"],
        Subsampling::S422 => ["the U plane (4:2:2)", "the V plane (4:2:2)"],
        Subsampling::S444 => ["the U plane (4:4:4)", "the V plane (4:4:4)"],
    };
    let size = (width, height);
    check("the Y plane", size, y, area(width, height, 1)?)?;
    let chroma = subsampling.chroma_bytes(width, height)?;
    check(in_u, size, u, chroma)?;
    check(in_v, size, v, chroma)
}
