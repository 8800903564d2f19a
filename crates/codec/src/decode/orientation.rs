//! Whether an image is turned by the EXIF data of its file.

use crate::decode::turn::Turn;

/// Whether pixels are turned as the EXIF data of the file says.
///
/// Cameras store the pixels as the sensor has them, and the orientation of the camera beside them. Viewers, OpenCV and
/// `ImageOps.exif_transpose` of Pillow turn the image; Pillow's `Image.open` and torchvision's `decode_jpeg` do not, by default.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Orientation {
    /// The image is turned and mirrored as the file says. Orientation data that cannot be read is ignored.
    #[default]
    Exif,
    /// The pixels are as they are stored.
    Ignore,
}

impl Orientation {
    /// Both, in the order of their names.
    pub const ALL: [Orientation; 2] = [Orientation::Exif, Orientation::Ignore];

    /// The name in pipeline files, in Python (`exif=`) and of the command (`--exif`): `apply` or `ignore`.
    pub const fn name(self) -> &'static str {
        match self {
            Orientation::Exif => "apply",
            Orientation::Ignore => "ignore",
        }
    }

    /// How an image is turned whose file says `stored`.
    pub(crate) fn turn(self, stored: Turn) -> Turn {
        match self {
            Orientation::Exif => stored,
            Orientation::Ignore => Turn::NONE,
        }
    }
}
