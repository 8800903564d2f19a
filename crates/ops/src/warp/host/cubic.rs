//! Cubic interpolation of sixteen pixels.

use super::pixels::Pixels;
use super::positions::Positions;

/// Computes the pixels of a block.
#[inline(always)]
pub(super) fn cubic_block<const C: usize>(
    pixels: &mut Pixels<'_, C>,
    positions: &Positions,
    out: &mut [[u8; C]],
) {
    for (lane, out) in out.iter_mut().enumerate() {
        let (u, v) = (positions.columns[lane], positions.rows[lane]);
        let (left, top) = (u.floor(), v.floor());
        let (across, down) = (weights(u - left), weights(v - top));
        // Positions are clamped, so that these fit.
        let (x, y) = (left as i32 - 1, top as i32 - 1);
        let inside = x >= 0 && x < pixels.width - 3 && y >= 0 && y < pixels.height - 3;
        let mut sums = [0.0; C];
        for (j, weight) in (y..).zip(down) {
            let taps: [[u8; C]; 4] = if inside {
                let row = &pixels.row(j as usize)[x as usize..];
                [row[0], row[1], row[2], row[3]]
            } else {
                [0, 1, 2, 3].map(|i| pixels.pixel(x + i, j))
            };
            for c in 0..C {
                let mut line = f32::from(taps[0][c]) * across[0];
                for i in 1..4 {
                    line = f32::from(taps[i][c]).mul_add(across[i], line);
                }
                sums[c] = line.mul_add(weight, sums[c]);
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            // The sum of the weights' magnitudes is below 3, so that the result fits; the conversion clamps it.
            *out = sum.round_ties_even() as u8;
        }
    }
}

/// The weights of four taps, of which the second is at a distance of `a` from the position.
#[inline(always)]
fn weights(a: f32) -> [f32; 4] {
    let b = 1.0 - a;
    let first = -0.75 * (a * (b * b));
    let last = -0.75 * (a * a * b);
    let second = (a * a).mul_add(1.25_f32.mul_add(a, -2.25), 1.0);
    [first, second, 1.0 - first - second - last, last]
}
