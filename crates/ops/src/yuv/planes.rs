//! Planar frames and the sizes of their planes.

use super::YuvError;

/// The chroma subsampling: the pixels that share a chroma sample.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Subsampling {
    /// 4:2:0: each block of 2x2 pixels.
    S420,
    /// 4:2:2: each pair of pixels in a row.
    S422,
    /// 4:4:4: no sharing, each pixel has its own chroma samples.
    S444,
}

/// A planar frame; the rows of each plane have no padding.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// The luma plane, `width * height` bytes.
    pub y: &'a [u8],
    /// The blue-difference plane, with the size of [`Subsampling::chroma_size`].
    pub u: &'a [u8],
    /// The red-difference plane, with as many bytes as `u`.
    pub v: &'a [u8],
}

/// A planar frame to be written; see [`Planes`].
#[derive(Debug)]
pub struct PlanesMut<'a> {
    /// The luma plane, `width * height` bytes.
    pub y: &'a mut [u8],
    /// The blue-difference plane, with the size of [`Subsampling::chroma_size`].
    pub u: &'a mut [u8],
    /// The red-difference plane, with as many bytes as `u`.
    pub v: &'a mut [u8],
}

impl Subsampling {
    /// The width and height of a chroma plane of a frame of `width` x `height` pixels; halves are rounded up.
    pub fn chroma_size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Subsampling::S420 => (width.div_ceil(2), height.div_ceil(2)),
            Subsampling::S422 => (width.div_ceil(2), height),
            Subsampling::S444 => (width, height),
        }
    }

    /// The bytes of a frame: the Y plane and two chroma planes.
    ///
    /// # Errors
    /// [`YuvError`] when a dimension is zero, or the number of bytes exceeds the address space.
    pub fn frame_bytes(self, width: u32, height: u32) -> Result<usize, YuvError> {
        let luma = area(width, height, 1)?;
        let chroma = self.chroma_bytes(width, height)?;
        chroma
            .checked_mul(2)
            .and_then(|chroma| luma.checked_add(chroma))
            .ok_or(YuvError::TooLarge { width, height })
    }

    /// The bytes of a chroma plane.
    pub(super) fn chroma_bytes(self, width: u32, height: u32) -> Result<usize, YuvError> {
        let (columns, rows) = self.chroma_size(width, height);
        area(columns, rows, 1)
    }
}

impl<'a> Planes<'a> {
    /// The planes of a frame in which Y, U and V follow each other.
    ///
    /// # Errors
    /// [`YuvError`] when the size is impossible, or `frame` does not have [`Subsampling::frame_bytes`].
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
    /// The planes of a frame in which Y, U and V follow each other.
    ///
    /// # Errors
    /// See [`Planes::of_frame`].
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

/// The bytes of an NV12 frame: the Y plane, then rows of (w + 1) / 2 pairs of U and V for every two rows.
///
/// # Errors
/// [`YuvError`] when a dimension is zero, or the number of bytes exceeds the address space.
pub fn nv12_bytes(width: u32, height: u32) -> Result<usize, YuvError> {
    Subsampling::S420.frame_bytes(width, height)
}

/// `width * height * samples`, or an error where no plane has this size.
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
