//! BMP, by the encoder of the crate `image`.

use crate::encode::Samples;
use image::ImageResult;
use image::codecs::bmp::BmpEncoder;
use std::io::Write;

pub(super) fn encode(samples: &Samples<'_>, mut target: &mut dyn Write) -> ImageResult<()> {
    let Samples {
        color,
        width,
        height,
        bytes,
    } = samples;
    BmpEncoder::new(&mut target).encode(bytes, *width, *height, *color)
}
