//! The reference of `alpha_composite`.

use crate::oracle::Image;

/// The second of two RGBA images over the first (Pillow's `Image.alpha_composite`): its formula, in 64 bits.
///
/// # Panics
/// When the shapes differ, or there are not four channels.
pub fn alpha_composite(below: &Image<u8>, above: &Image<u8>) -> Image<u8> {
    let shape = |image: &Image<u8>| (image.width, image.height, image.channels);
    assert_eq!(shape(below), shape(above), "the images have one shape");
    assert_eq!(below.channels, 4, "the images are RGBA");
    // Pillow's division by 255, which rounds to nearest.
    let divided = |value: u64| ((value >> 8) + value) >> 8;
    Image::from_fn(below.width, below.height, 4, |x, y, c| {
        let [of_below, of_above] = [below, above].map(|image| u64::from(image.at(x, y, c)));
        let [a, b] = [above, below].map(|image| u64::from(image.at(x, y, 3)));
        if a == 0 {
            return of_below as u8;
        }
        let n = 255 * a + b * (255 - a);
        if c == 3 {
            return divided(n + 0x80) as u8;
        }
        let k = a * 255 * 255 * 128 / n;
        (divided(of_above * k + of_below * (255 * 128 - k) + (0x80 << 7)) >> 7) as u8
    })
}
