//! How a lossy format is encoded.

use crate::error::EncodeError;
use crate::format::Format;
use pixelflume_jpeg::Subsampling;

/// The quality of JPEG files where none is given.
pub const DEFAULT_QUALITY: u8 = 95;

/// How a JPEG file is encoded. The other formats keep every sample and take no option.
///
/// ```
/// use pixelflume_codec::{EncodeOptions, Format, Subsampling, encode};
/// use pixelflume_ops::{Image, ImageView};
///
/// let image = Image::from_fn(40, 30, 3, |x, y, c| (x * 6 + y * 3 + c) as u8)?;
/// let options = EncodeOptions { subsampling: Some(Subsampling::S444), ..EncodeOptions::of_quality(90) };
/// let file = encode(ImageView::from(&image), Format::Jpeg, &options)?;
/// assert_eq!(Format::of_content(&file), Some(Format::Jpeg));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct EncodeOptions {
    /// The quality, 1 to 100; [`DEFAULT_QUALITY`] without one.
    pub quality: Option<u8>,
    /// The resolution of the color components; 4:2:0 without one, as OpenCV and Pillow have it. A gray image has none.
    pub subsampling: Option<Subsampling>,
    /// Whether the Huffman tables are made for the image: a few percent fewer bytes, in up to twice the time.
    pub optimize: bool,
}

impl EncodeOptions {
    /// This quality, and the defaults of everything else.
    pub const fn of_quality(quality: u8) -> Self {
        EncodeOptions {
            quality: Some(quality),
            subsampling: None,
            optimize: false,
        }
    }

    /// The options of the JPEG encoder, with the defaults in place.
    ///
    /// # Errors
    /// The quality is wrong, or the format takes no options and there is one.
    pub(super) fn checked(
        &self,
        format: Format,
    ) -> Result<pixelflume_jpeg::EncodeOptions, EncodeError> {
        let EncodeOptions {
            quality,
            subsampling,
            optimize,
        } = *self;
        if format != Format::Jpeg {
            let given = [
                (quality.is_some(), "quality"),
                (subsampling.is_some(), "subsampling"),
                (optimize, "optimize"),
            ];
            return match given.into_iter().find(|(given, _)| *given) {
                Some((_, option)) => Err(EncodeError::NoOption { format, option }),
                None => Ok(pixelflume_jpeg::EncodeOptions::default()),
            };
        }
        let quality = quality.unwrap_or(DEFAULT_QUALITY);
        if !(1..=100).contains(&quality) {
            return Err(EncodeError::Quality { quality });
        }
        Ok(pixelflume_jpeg::EncodeOptions {
            quality,
            subsampling: subsampling.unwrap_or_default(),
            optimize,
            restart_interval: 0,
        })
    }
}
