//! The images of the golden data, as `generate.py` makes them.

use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;

/// The increment of splitmix64's state.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of splitmix64.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The sum of `mix(w + s)` over all 32-bit words `w` of the bytes and the states `s` of splitmix64 of seed 0.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    let mut state = 0_u64;
    let mut sum = 0_u64;
    for word in bytes.chunks(4) {
        let mut whole = [0; 4];
        whole[..word.len()].copy_from_slice(word);
        state = state.wrapping_add(STEP);
        sum = sum.wrapping_add(mix(state.wrapping_add(u32::from_le_bytes(whole).into())));
    }
    sum
}

/// The image of a number, which the golden data is of: noise, black and white, slopes, or a scene, in turn.
///
/// # Panics
/// A side is 0.
pub fn image(number: u64, height: usize, width: usize) -> Image {
    let mut state = STEP.wrapping_mul(number + 1);
    let count = height * width * 3;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_add(STEP);
        mix(state).to_le_bytes()
    });
    let noise = words.flatten().take(count);
    let gradient = |sample: usize| {
        let (pixel, channel) = (sample / 3, sample % 3);
        let (y, x) = (pixel / width, pixel % width);
        let (right, bottom) = (width.max(2) - 1, height.max(2) - 1);
        let value = match channel {
            0 => x * 255 / right,
            1 => y * 255 / bottom,
            _ => (x + y) * 255 / (width + height - 2).max(1),
        };
        (value as u8, y, x)
    };
    let samples: Vec<u8> = match number % 4 {
        0 => noise.collect(),
        1 => noise
            .map(|byte| if byte >= 128 { 255 } else { 0 })
            .collect(),
        2 => (0..count).map(|sample| gradient(sample).0).collect(),
        _ => noise
            .enumerate()
            .map(|(sample, byte)| {
                let (slope, y, x) = gradient(sample);
                let value = slope.wrapping_add(byte >> 3);
                let across = 2 * x as i64 - width as i64;
                let down = 2 * y as i64 - height as i64;
                let side = width.min(height) as i64;
                match 2 * (across * across + down * down) < side * side {
                    true => 255 - value,
                    false => value,
                }
            })
            .collect(),
    };
    let shape = ImageShape::u8(width as u32, height as u32, 3);
    Image::new(shape, samples).expect("an RGB image")
}
