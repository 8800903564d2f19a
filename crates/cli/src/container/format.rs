//! What a frame is made of, and what a stream says about its frames.

use pixelflume::ops::ImageShape;
use pixelflume::ops::yuv::{Subsampling, nv12_bytes};

/// How the 8-bit samples of a frame lie in a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PixelFormat {
    /// A Y plane, a U plane and a V plane.
    Planar(Subsampling),
    /// A Y plane, and a plane of pairs of U and V of 2x2 pixels.
    Nv12,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One sample.
    Gray,
}

impl PixelFormat {
    /// Channels of its images: 1 for gray, 3 (RGB) for everything else.
    pub(crate) fn channels(self) -> u32 {
        match self {
            PixelFormat::Gray => 1,
            _ => 3,
        }
    }

    /// Bytes of a frame; `None` where a dimension is zero or no memory can hold one.
    pub(crate) fn frame_bytes(self, width: u32, height: u32) -> Option<usize> {
        match self {
            PixelFormat::Planar(subsampling) => subsampling.frame_bytes(width, height).ok(),
            PixelFormat::Nv12 => nv12_bytes(width, height).ok(),
            PixelFormat::Rgb | PixelFormat::Bgr => {
                Subsampling::S444.frame_bytes(width, height).ok()
            }
            PixelFormat::Gray => (width as usize)
                .checked_mul(height as usize)
                .filter(|&bytes| bytes > 0),
        }
    }
}

/// Two numbers, such as a frame rate of 30000:1001.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

/// What a stream says about its frames beside their pixels; an output says the same as the input.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Timing {
    /// Frames per second.
    pub(crate) rate: Option<Ratio>,
    /// `p` progressive, `t` or `b` interlaced with the top or bottom field first, `m` mixed (each frame says), `?`.
    pub(crate) interlacing: Option<char>,
    /// Width of a pixel to its height; 0:0 where it is unknown.
    pub(crate) aspect: Option<Ratio>,
}

/// What all frames of a stream have in common.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stream {
    /// Pixels of a row, at least 1.
    pub(crate) width: u32,
    /// Rows, at least 1.
    pub(crate) height: u32,
    /// How a frame lies in the stream.
    pub(crate) format: PixelFormat,
    /// Everything else.
    pub(crate) timing: Timing,
}

impl Stream {
    /// The shape of its frames as images.
    pub(crate) fn shape(&self) -> ImageShape {
        ImageShape::u8(self.width, self.height, self.format.channels())
    }

    /// Whether each row of chroma belongs to rows of one field, two apart, where it is read as that of two rows side by side.
    pub(crate) fn has_interlaced_chroma(&self) -> bool {
        let shared = match self.format {
            PixelFormat::Planar(subsampling) => subsampling == Subsampling::S420,
            PixelFormat::Nv12 => true,
            PixelFormat::Rgb | PixelFormat::Bgr | PixelFormat::Gray => false,
        };
        shared && matches!(self.timing.interlacing, Some('t' | 'b' | 'm'))
    }
}

/// What a frame of mixed interlacing says of itself: three letters (presentation, order and subsampling in time).
pub(crate) type FrameTag = Option<[u8; 3]>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_bytes_of_their_planes() {
        for (format, bytes) in [
            (PixelFormat::Planar(Subsampling::S420), 15 + 12),
            (PixelFormat::Planar(Subsampling::S422), 15 + 18),
            (PixelFormat::Planar(Subsampling::S444), 45),
            (PixelFormat::Nv12, 15 + 12),
            (PixelFormat::Rgb, 45),
            (PixelFormat::Bgr, 45),
            (PixelFormat::Gray, 15),
        ] {
            assert_eq!(format.frame_bytes(5, 3), Some(bytes), "{format:?}");
            assert_eq!(format.frame_bytes(5, 0), None);
        }
        assert_eq!(PixelFormat::Rgb.frame_bytes(u32::MAX, u32::MAX), None);
    }
}
