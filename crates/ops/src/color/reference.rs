//! The reference of `color`. [`ColorLike`] has the formulas of gray, which are those of the libraries for all 2^24 colors. The other
//! conversions copy samples; alpha is 255 where the source has none.

use crate::color::{ColorConversion, ColorLike, Format};
use crate::oracle::Image;

/// The gray of a color, 0 to 255.
fn gray(like: ColorLike, [r, g, b]: [u8; 3]) -> u8 {
    let weighted = |weights: [u32; 3], bits: u32| {
        let sum = weights[0] * u32::from(r) + weights[1] * u32::from(g) + weights[2] * u32::from(b);
        ((sum + (1 << (bits - 1))) >> bits) as u8
    };
    match like {
        ColorLike::Opencv => weighted([9798, 19235, 3735], 15),
        ColorLike::Pillow => weighted([19595, 38470, 7471], 16),
        ColorLike::Torchvision => {
            let [r, g, b] = [r, g, b].map(f32::from);
            b.mul_add(0.114, g.mul_add(0.587, r * 0.2989)).floor() as u8
        }
    }
}

/// The image in another format of color.
///
/// # Panics
/// When the image does not have the channels that the conversion reads.
pub fn convert_color(image: &Image<u8>, conversion: ColorConversion, like: ColorLike) -> Image<u8> {
    let (from, to) = conversion.formats();
    let channels = conversion.source_channels() as usize;
    assert_eq!(
        image.channels, channels,
        "{conversion} takes {channels} channels, the image has {}",
        image.channels
    );
    let mut data = Vec::with_capacity(image.width * image.height * to.channels() as usize);
    for pixel in image.data.chunks_exact(channels) {
        // Red, green, blue and alpha, which most conversions go through.
        let mut color = match *pixel {
            [gray] => [gray, gray, gray, 255],
            [a, b, c] => [a, b, c, 255],
            [a, b, c, alpha] => [a, b, c, alpha],
            _ => unreachable!("formats have 1, 3 or 4 channels"),
        };
        if from.blue_first() {
            color.swap(0, 2);
        }
        if to == Format::Gray {
            data.push(gray(like, [color[0], color[1], color[2]]));
            continue;
        }
        if to.blue_first() {
            color.swap(0, 2);
        }
        data.extend_from_slice(&color[..to.channels() as usize]);
    }
    Image::new(image.width, image.height, to.channels() as usize, data)
}

/// Declares references of single conversions.
macro_rules! single {
    ($($name:ident: $conversion:ident, $doc:literal;)+) => {$(
        #[doc = $doc]
        ///
        /// # Panics
        /// When the image has another number of channels.
        pub fn $name(image: &Image<u8>) -> Image<u8> {
            convert_color(image, ColorConversion::$conversion, ColorLike::Opencv)
        }
    )+};
}

single! {
    rgb_to_gray: RgbToGray, "RGB (3 channels) to OpenCV's gray (1 channel).";
    rgba_to_gray: RgbaToGray, "RGBA (4 channels) to OpenCV's gray (1 channel); alpha is ignored.";
    rgb_to_bgr: RgbToBgr, "RGB to BGR (3 channels each).";
    bgr_to_rgb: BgrToRgb, "BGR to RGB (3 channels each).";
    rgba_to_rgb: RgbaToRgb, "RGBA (4 channels) to RGB (3 channels): alpha is dropped without blending.";
    rgb_to_rgba: RgbToRgba, "RGB (3 channels) to RGBA (4 channels) with alpha 255.";
    gray_to_rgb: GrayToRgb, "Gray (1 channel) to RGB (3 channels); each channel is the gray value.";
}
