//! The reference of `resize`, bilinear, with the order of OpenCV's fixed-point roundings and the different rules for the two axes
//! at the borders.

use super::scale;
use crate::oracle::Image;

/// The source position of an output index, before the border is applied.
pub(super) struct Taps {
    /// The index of the first tap; the second tap is the next index. Both may be outside the image.
    pub(super) first: isize,
    /// Weight of the second tap, 0.0 to 1.0.
    pub(super) fraction: f32,
}

impl Taps {
    /// Half-pixel centers: `f = f32((d + 0.5) * scale - 0.5)` with `scale = 1.0 / (dst / src)` in f64.
    pub(super) fn new(dst_index: usize, src: usize, dst: usize) -> Self {
        let center = ((dst_index as f64 + 0.5) * scale(src, dst) - 0.5) as f32;
        let floor = center.floor();
        Self {
            first: floor as isize,
            fraction: center - floor,
        }
    }

    /// The taps along x: outside the image the fraction becomes 0.
    fn clamped_x(self, width: usize) -> (usize, usize, f32) {
        let last = width as isize - 1;
        let (first, fraction) = if self.first < 0 {
            (0, 0.0)
        } else if self.first >= last {
            (last, 0.0)
        } else {
            (self.first, self.fraction)
        };
        (first as usize, (first + 1).min(last) as usize, fraction)
    }

    /// The taps along y: both indices are clamped, and the fraction is kept.
    fn clamped_y(self, height: usize) -> (usize, usize, f32) {
        let last = height as isize - 1;
        let first = self.first.clamp(0, last) as usize;
        let second = (self.first + 1).clamp(0, last) as usize;
        (first, second, self.fraction)
    }
}

/// The weights of the first and the second tap, with 11 fractional bits.
fn weights(fraction: f32) -> (i32, i32) {
    let fixed = |weight: f32| (weight * 2048.0).round_ties_even() as i32;
    (fixed(1.0 - fraction), fixed(fraction))
}

/// Bilinear resize to `width` x `height`, any number of channels.
///
/// At exactly half the size on both axes, the output is the rounded mean of each 2x2 block, as in OpenCV. The general formula
/// gives the same mean: every weight is 1024, so that `H = 1024 (a + b)` and `(1024 * (H >> 4)) >> 16 = a + b`.
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_bilinear(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    if image.width == 2 * width && image.height == 2 * height {
        return halve(image);
    }
    resize_by_taps(image, width, height, Taps::new)
}

/// The weighted sums of 2x2 pixels at the positions that `taps` gives for an index of the output, the length of the source and that of
/// the output.
pub(super) fn resize_by_taps(
    image: &Image<u8>,
    width: usize,
    height: usize,
    taps: fn(usize, usize, usize) -> Taps,
) -> Image<u8> {
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let (x0, x1, fx) = taps(x, image.width, width).clamped_x(image.width);
        let (y0, y1, fy) = taps(y, image.height, height).clamped_y(image.height);
        let (w0x, w1x) = weights(fx);
        let (w0y, w1y) = weights(fy);
        let horizontal = |row: usize| {
            w0x * i32::from(image.at(x0, row, c)) + w1x * i32::from(image.at(x1, row, c))
        };
        let top = (w0y * (horizontal(y0) >> 4)) >> 16;
        let bottom = (w1y * (horizontal(y1) >> 4)) >> 16;
        ((top + bottom + 2) >> 2).clamp(0, 255) as u8
    })
}

/// The rounded mean of each 2x2 block.
pub(super) fn halve(image: &Image<u8>) -> Image<u8> {
    Image::from_fn(
        image.width / 2,
        image.height / 2,
        image.channels,
        |x, y, c| {
            let sum = u32::from(image.at(2 * x, 2 * y, c))
                + u32::from(image.at(2 * x + 1, 2 * y, c))
                + u32::from(image.at(2 * x, 2 * y + 1, c))
                + u32::from(image.at(2 * x + 1, 2 * y + 1, c));
            ((sum + 2) >> 2) as u8
        },
    )
}
