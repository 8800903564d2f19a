//! The bilinear interpolation of torchvision.

use super::pixels::Pixels;
use super::positions::{Positions, to_int};
use crate::host::simd::BLOCK;

/// The taps of a pixel: the column and row of each beside those of the first.
const TAPS: [(i32, i32); 4] = [(0, 0), (1, 0), (0, 1), (1, 1)];

/// Computes the pixels of a block. Pixels outside the source are 0; where `mixed`, the color around the source is mixed in by the part
/// of the taps that is outside.
#[inline(always)]
pub(super) fn grid_block<const C: usize>(
    pixels: &mut Pixels<'_, C>,
    positions: &Positions,
    mixed: bool,
    out: &mut [[u8; C]],
) {
    let mut weights = [[0.0; BLOCK]; 4];
    let (mut left, mut top) = ([0; BLOCK], [0; BLOCK]);
    for lane in 0..BLOCK {
        let (x, y) = (positions.columns[lane], positions.rows[lane]);
        let (across, down) = (x - x.floor(), y - y.floor());
        let (rest_across, rest_down) = (1.0 - across, 1.0 - down);
        weights[0][lane] = rest_across * rest_down;
        weights[1][lane] = across * rest_down;
        weights[2][lane] = rest_across * down;
        weights[3][lane] = across * down;
        left[lane] = to_int(x.floor());
        top[lane] = to_int(y.floor());
    }
    for (lane, out) in out.iter_mut().enumerate() {
        let (x, y) = (left[lane], top[lane]);
        let mut taps = [[0.0; C]; 4];
        let mut parts = [0.0; 4];
        // The largest position that fits an i32 is 128 below the largest i32.
        for (tap, (i, j)) in TAPS.into_iter().enumerate() {
            let (x, y) = (x + i, y + j);
            if (0..pixels.width).contains(&x) && (0..pixels.height).contains(&y) {
                let pixel = pixels.row(y as usize)[x as usize];
                for c in 0..C {
                    taps[tap][c] = f32::from(pixel[c]);
                }
                parts[tap] = 1.0;
            }
        }
        // A weight that is no number makes the sum none, also where it is that of a pixel outside.
        let mut part = parts[0] * weights[0][lane];
        for tap in 1..4 {
            part = f32::mul_add(parts[tap], weights[tap][lane], part);
        }
        for c in 0..C {
            let mut sum = taps[0][c] * weights[0][lane];
            for tap in 1..4 {
                sum = f32::mul_add(taps[tap][c], weights[tap][lane], sum);
            }
            let value = f32::from(pixels.value[c]);
            let made = if mixed {
                (sum - value) * part + value
            } else {
                sum
            };
            // What is no number becomes 0.
            out[c] = made.round_ties_even() as u8;
        }
    }
}
