//! PNM, by the encoder of the crate `image`: PGM of gray, PPM of color, PAM of color with alpha.

use crate::encode::Samples;
use image::codecs::pnm::{PnmEncoder, PnmSubtype, SampleEncoding};
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use std::io::Write;

pub(super) fn encode(samples: &Samples<'_>, target: &mut dyn Write) -> ImageResult<()> {
    let Samples {
        color,
        width,
        height,
        bytes,
    } = samples;
    let subtype = match color {
        ExtendedColorType::L8 => PnmSubtype::Graymap(SampleEncoding::Binary),
        ExtendedColorType::Rgb8 => PnmSubtype::Pixmap(SampleEncoding::Binary),
        _ => PnmSubtype::ArbitraryMap,
    };
    let encoder = PnmEncoder::new(target).with_subtype(subtype);
    encoder.write_image(bytes, *width, *height, *color)
}
