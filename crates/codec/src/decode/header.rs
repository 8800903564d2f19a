//! What every decoder tells before it decodes, and the contract of a decoder.

use crate::decode::turn::Turn;
use crate::error::DecodeError;
use pixelflume_ops::Image;
use pixelflume_ops::ImageShape;

/// What the header of a file says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// The shape of the whole image before it is turned: 8 bits, 1, 3 or 4 channels.
    pub(crate) shape: ImageShape,
    /// How the EXIF data says that the image is turned.
    pub(crate) turn: Turn,
    /// The most bytes that decoding holds at one time, without cutting and turning.
    pub(crate) bytes: u64,
    /// Whether the decoder gives the part of the image that the options ask for, and not the whole one.
    pub(crate) crops: bool,
}

/// A file whose header is read, as the module of its format keeps it.
pub(crate) trait Decoder: Send {
    /// Decodes the pixels to an image of the shape of the header, or to the part of it.
    fn decode(self: Box<Self>) -> Result<Image, DecodeError>;
}
