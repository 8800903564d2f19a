//! JPEG, by the encoder of the crate `image`: baseline, chroma at full resolution.

use crate::encode::Samples;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, ImageResult};
use std::io::Write;

pub(super) fn encode(
    samples: &Samples<'_>,
    quality: u8,
    target: &mut dyn Write,
) -> ImageResult<()> {
    let Samples {
        color,
        width,
        height,
        bytes,
    } = samples;
    JpegEncoder::new_with_quality(target, quality).write_image(bytes, *width, *height, *color)
}
