//! The reference of `warp_affine`.

use crate::oracle::Image;

/// The columns of a group. Whole groups of a row are computed with another order of a sum than the rest of the row, since OpenCV
/// computes them as two AVX2 vectors.
pub const WARP_GROUP: usize = 16;

/// The inverse of an affine map in f64, computed as by OpenCV; `None` where there is no inverse.
///
/// `matrix` is `[a, b, c, d, e, f]` for `x' = a x + b y + c`, `y' = d x + e y + f`.
pub fn invert_affine(matrix: [f64; 6]) -> Option<[f64; 6]> {
    let [a, b, c, d, e, f] = matrix;
    let determinant = a * e - b * d;
    let factor = 1.0 / determinant;
    if determinant == 0.0 || !factor.is_finite() {
        return None;
    }
    let (ia, ib, id, ie) = (e * factor, b * -factor, d * -factor, a * factor);
    Some([ia, ib, -ia * c - ib * f, id, ie, -id * c - ie * f])
}

/// The `width` x `height` image whose pixel at `x, y` is the source at `map` of `x, y` (a map as for [`invert_affine`]), bilinear,
/// with `value` outside the source. It equals OpenCV's `warpAffine` with `INTER_LINEAR`, `WARP_INVERSE_MAP` and
/// `BORDER_CONSTANT` on a CPU with AVX2. [`WarpAffine`](crate::WarpAffine) has the formula.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn warp_affine(
    image: &Image<u8>,
    map: [f64; 6],
    width: usize,
    height: usize,
    value: [u8; 4],
) -> Image<u8> {
    let [a, b, c, d, e, f] = map.map(|coefficient| coefficient as f32);
    let grouped = width / WARP_GROUP * WARP_GROUP;
    let pixel = |x: f32, y: f32, channel: usize| {
        let inside =
            (0.0..image.width as f32).contains(&x) && (0.0..image.height as f32).contains(&y);
        f32::from(match inside {
            true => image.at(x as usize, y as usize, channel),
            false => value[channel],
        })
    };
    let between = |from: f32, to: f32, fraction: f32| fraction.mul_add(to - from, from);
    Image::from_fn(width, height, image.channels, |x, y, channel| {
        let (column, row) = (x as f32, y as f32);
        let (u, v) = if x < grouped {
            (
                column.mul_add(a, row * b + c),
                column.mul_add(d, row * e + f),
            )
        } else {
            (
                column.mul_add(a, row * b) + c,
                column.mul_add(d, row * e) + f,
            )
        };
        let (left, top) = (u.floor(), v.floor());
        let line = |y: f32| {
            between(
                pixel(left, y, channel),
                pixel(left + 1.0, y, channel),
                u - left,
            )
        };
        between(line(top), line(top + 1.0), v - top).round_ties_even() as u8
    })
}
