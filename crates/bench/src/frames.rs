//! Synthetic input images, the same for every run on every machine.

use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{Image, ImageError};

/// Distinct images of a batch; a larger batch repeats them.
pub(crate) const DISTINCT: usize = 4;

/// Image number `index` of an 8-bit shape: slopes, steps and noise, so that neighborhoods of every kind occur.
pub(crate) fn frame(shape: ImageShape, index: usize) -> Result<Image, ImageError> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ ((index as u64 + 1) << 32);
    let [a, b, c] = [3, 5, 7].map(|factor| factor + index as u32);
    Image::from_fn(
        shape.width,
        shape.height,
        shape.channels,
        |x, y, channel| {
            // Xorshift: G. Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let noise = (state >> 56) as u32;
            let slope = (x * a + y * b + channel * 40 * c) / 8 % 512;
            let slope = slope.min(511 - slope);
            let step = if (x / 97 + y / 61) % 2 == 0 { 0 } else { 60 };
            // At most 255 / 2 + 60 + 255 / 4 = 250.
            (slope / 2 + step + noise / 4) as u8
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stay_as_they_are_and_differ() {
        let shape = ImageShape::u8(64, 48, 3);
        let frames: Vec<_> = (0..DISTINCT).map(|i| frame(shape, i).unwrap()).collect();
        assert_ne!(frames[0], frames[1]);
        assert_eq!(frames[0], frame(shape, 0).unwrap());
        let range = frames[0]
            .data()
            .iter()
            .max()
            .zip(frames[0].data().iter().min());
        assert!(range.is_some_and(|(most, least)| most - least > 100));
    }
}
