//! The pixel format, size and timing of a stream of frames.

use pixelflume_ops::ImageShape;
use pixelflume_ops::yuv::{Subsampling, YuvCoding, nv12_bytes};

/// The layout of the 8-bit samples of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PixelFormat {
    /// A Y plane, a U plane and a V plane.
    Planar(Subsampling),
    /// A Y plane, then a plane of interleaved U and V, one pair for 2x2 pixels.
    Nv12,
    /// Red, green, blue interleaved.
    Rgb,
    /// Blue, green, red interleaved.
    Bgr,
    /// One sample per pixel.
    Gray,
}

impl PixelFormat {
    /// Channels of the converted images: 1 for gray, 3 (RGB) for all other formats.
    pub fn channels(self) -> u32 {
        match self {
            PixelFormat::Gray => 1,
            _ => 3,
        }
    }

    /// Bytes of a frame; `None` where a dimension is zero or the product overflows.
    pub fn frame_bytes(self, width: u32, height: u32) -> Option<usize> {
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

/// A ratio of two numbers, for example a frame rate of 30000:1001.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ratio {
    /// The number above the line.
    pub numerator: u32,
    /// The number below it; may be 0 where the ratio is unknown.
    pub denominator: u32,
}

/// How the fields of a frame belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interlacing {
    /// `p`: a frame is one field.
    Progressive,
    /// `t`: two fields, that of the top row first.
    TopFirst,
    /// `b`: two fields, that of the bottom row first.
    BottomFirst,
    /// `m`: each frame has a tag that tells.
    Mixed,
    /// `?`: unknown.
    Unknown,
}

impl Interlacing {
    const ALL: [Interlacing; 5] = [
        Interlacing::Progressive,
        Interlacing::TopFirst,
        Interlacing::BottomFirst,
        Interlacing::Mixed,
        Interlacing::Unknown,
    ];

    /// The letter in a first line of Y4M.
    pub const fn letter(self) -> char {
        match self {
            Interlacing::Progressive => 'p',
            Interlacing::TopFirst => 't',
            Interlacing::BottomFirst => 'b',
            Interlacing::Mixed => 'm',
            Interlacing::Unknown => '?',
        }
    }

    pub(super) fn of(letter: u8) -> Option<Self> {
        let mut all = Interlacing::ALL.into_iter();
        all.find(|mode| mode.letter() == char::from(letter))
    }
}

/// The properties of a stream beside its pixels; an output has those of its input.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Timing {
    /// Frames per second.
    pub rate: Option<Ratio>,
    /// The interlacing, where the stream says it.
    pub interlacing: Option<Interlacing>,
    /// The width of a pixel in relation to its height; 0:0 where it is unknown.
    pub aspect: Option<Ratio>,
}

/// The properties that all frames of a stream share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stream {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// The layout of the samples.
    pub format: PixelFormat,
    /// The matrix and range of YUV samples; other formats ignore it.
    pub coding: YuvCoding,
    /// Frame rate, interlacing and aspect.
    pub timing: Timing,
}

impl Stream {
    /// The shape of the images that frames become.
    pub fn shape(&self) -> ImageShape {
        ImageShape::u8(self.width, self.height, self.format.channels())
    }

    /// Whether each chroma row belongs to luma rows of one field, which are two apart. It is read as the chroma of two adjacent
    /// rows.
    pub fn has_interlaced_chroma(&self) -> bool {
        let shared = match self.format {
            PixelFormat::Planar(subsampling) => subsampling == Subsampling::S420,
            PixelFormat::Nv12 => true,
            PixelFormat::Rgb | PixelFormat::Bgr | PixelFormat::Gray => false,
        };
        let is_interlaced = matches!(
            self.timing.interlacing,
            Some(Interlacing::TopFirst | Interlacing::BottomFirst | Interlacing::Mixed)
        );
        shared && is_interlaced
    }
}

/// The tag of a frame with mixed interlacing: three letters (presentation, order, subsampling in time).
pub type FrameTag = Option<[u8; 3]>;

/// Whether these are letters or digits, which do not end the line that they are in.
pub(super) fn is_tag(tag: &[u8; 3]) -> bool {
    tag.iter().all(u8::is_ascii_alphanumeric)
}

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
