//! PNG, by the encoder of the crate `image`.

use crate::encode::Samples;
use image::codecs::png::PngEncoder;
use image::{ImageEncoder, ImageResult};
use std::io::Write;

pub(super) fn encode(samples: &Samples<'_>, target: &mut dyn Write) -> ImageResult<()> {
    let Samples {
        color,
        width,
        height,
        bytes,
    } = samples;
    PngEncoder::new(target).write_image(bytes, *width, *height, *color)
}
