//! How an image file is decoded.

use crate::decode::orientation::Orientation;
use crate::limits::Limits;
use pixelflume_jpeg::Rect;

/// How an image file is decoded. The default gives what `cv2.imread(IMREAD_UNCHANGED)` gives of gray and color files, in the order
/// RGB, turned as the EXIF data says, and refuses files that are cut off.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DecodeOptions {
    /// The most that one image may take.
    pub limits: Limits,
    /// Whether the image is turned as its EXIF data says.
    pub orientation: Orientation,
    /// The channels of the decoded image.
    pub color: Color,
    /// Whether the part that is there of a cut or damaged JPEG file is decoded, as libjpeg-turbo decodes it, in place of an error. Files
    /// of other formats are refused in any case.
    pub allow_truncated: bool,
    /// The rectangle that is decoded, in pixels of the image as it is turned by [`orientation`](Self::orientation); `None`, the
    /// default, is the whole image. Its pixels are those that it has in the whole image. An image in which it does not lie is an error.
    /// Of a JPEG file with one scan for all of the image the CPU does not decode the rows below it, CUDA decodes their entropy-coded
    /// data (and leaves a file to the CPU where their memory exceeds [`Limits::max_bytes`]), and neither notices damage in them; files
    /// of other formats are decoded whole.
    pub crop: Option<Rect>,
}

impl DecodeOptions {
    /// The options of the JPEG decoder for a rectangle of the stored image. Alpha is not of JPEG: RGBA is made of RGB.
    pub(crate) fn jpeg(&self, rect: Rect) -> pixelflume_jpeg::Options {
        pixelflume_jpeg::Options {
            color: self.color.jpeg(),
            allow_truncated: self.allow_truncated,
            crop: Some(rect),
            max_bytes: self.limits.max_bytes,
            ..pixelflume_jpeg::Options::default()
        }
    }
}

/// The channels of a decoded image.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Color {
    /// Those of the file: gray 1, color 3 (RGB), color with alpha 4 (RGBA).
    #[default]
    Keep,
    /// One channel. Of a JPEG file it is what `cv2.imread(IMREAD_GRAYSCALE)` gives (the luma of the file as it is stored); of others
    /// what the operator `color` makes of RGB.
    Gray,
    /// Three channels, RGB: gray three times, and without alpha.
    Rgb,
    /// Four channels, RGBA: alpha is 255 where the file has none.
    Rgba,
}

impl Color {
    /// All, in the order of their declaration.
    pub const ALL: [Color; 4] = [Color::Keep, Color::Gray, Color::Rgb, Color::Rgba];

    /// The name in pipeline files: `keep`, `gray`, `rgb` or `rgba`.
    pub const fn name(self) -> &'static str {
        match self {
            Color::Keep => "keep",
            Color::Gray => "gray",
            Color::Rgb => "rgb",
            Color::Rgba => "rgba",
        }
    }

    /// The color that the JPEG decoder makes.
    pub(crate) fn jpeg(self) -> pixelflume_jpeg::Color {
        match self {
            Color::Keep => pixelflume_jpeg::Color::Native,
            Color::Gray => pixelflume_jpeg::Color::Gray,
            Color::Rgb | Color::Rgba => pixelflume_jpeg::Color::Rgb,
        }
    }

    /// The channels of the image that is made of one of `stored` channels.
    pub(crate) fn channels(self, stored: u32) -> u32 {
        match self {
            Color::Keep => stored,
            Color::Gray => 1,
            Color::Rgb => 3,
            Color::Rgba => 4,
        }
    }
}
