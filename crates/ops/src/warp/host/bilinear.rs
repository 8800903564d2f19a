//! Bilinear interpolation, a block of columns at a time.

use super::pixels::Pixels;
use super::positions::{Positions, to_int};
use crate::host::simd::{BLOCK, store};

/// 2^23: from here on f32 has no fractional bits.
const INTEGERS_ONLY: f32 = 8_388_608.0;

/// The most source rows that a block of the fast path reads: enough for every rotation that does not shrink the image.
const ROWS: usize = BLOCK + 2;

/// A block of pixels.
type Block<const C: usize> = [[u8; C]; BLOCK];

/// Computes the pixels of a block. CONSTANT: the border is constant.
#[inline(always)]
pub(super) fn bilinear_block<const C: usize, const CONSTANT: bool>(
    pixels: &mut Pixels<'_, C>,
    positions: &Positions,
    out: &mut [[u8; C]],
) {
    let (left, across) = split::<CONSTANT>(&positions.columns);
    let (top, down) = split::<CONSTANT>(&positions.rows);
    let mut corners = [[[0; C]; BLOCK]; 4];
    if fetch::<C, CONSTANT>(pixels, &left[..out.len()], &top[..out.len()], &mut corners) {
        let mixed = interpolate::<C, CONSTANT>(&corners, &across, &down);
        store(out, &mixed);
    } else {
        out.fill(pixels.value);
    }
}

/// The floors of positions along one axis, and their fractions.
#[inline(always)]
fn split<const CONSTANT: bool>(positions: &[f32; BLOCK]) -> ([i32; BLOCK], [f32; BLOCK]) {
    let (mut floors, mut fractions) = ([0; BLOCK], [0.0; BLOCK]);
    for lane in 0..BLOCK {
        let mut at = positions[lane];
        if CONSTANT {
            // Positions farther outside give the same pixels; clamped, they fit an i32. Sides are at most 65536, and a NaN is outside.
            // A NaN goes to the lower bound by `max`; `clamp` would keep it.
            #[expect(clippy::manual_clamp, reason = "it keeps a NaN")]
            {
                at = at.max(-2.0).min(131_072.0);
            }
            let floor = at.floor();
            floors[lane] = floor as i32;
            fractions[lane] = at - floor;
        } else {
            floors[lane] = to_int(at.floor());
            fractions[lane] = at - floors[lane] as f32;
        }
    }
    (floors, fractions)
}

/// Fetches the four source pixels of each output pixel of a block, upper left, upper right, lower left, lower right, whose upper left
/// pixels are at these columns and rows; returns `false` where all of them are outside the source and its border is constant.
#[inline(always)]
fn fetch<const C: usize, const CONSTANT: bool>(
    pixels: &Pixels<'_, C>,
    left: &[i32],
    top: &[i32],
    corners: &mut [Block<C>; 4],
) -> bool {
    let ((x0, x1), (y0, y1)) = (extremes(left), extremes(top));
    let (width, height) = (pixels.width, pixels.height);
    if CONSTANT && (x1 < -1 || y1 < -1 || x0 >= width || y0 >= height) {
        return false;
    }
    let mut put = |lane: usize, of: [[u8; C]; 4]| {
        for (corner, pixel) in corners.iter_mut().zip(of) {
            corner[lane] = pixel;
        }
    };
    let inside = x0 >= 0 && x1 < width - 1 && y0 >= 0 && y1 < height - 1;
    let top = &top[..left.len()];
    if inside && (y1 - y0) as usize + 2 <= ROWS {
        // The source rows that the block reads.
        let mut rows: [&[[u8; C]]; ROWS] = [&[]; ROWS];
        for (k, row) in rows[..(y1 - y0) as usize + 2].iter_mut().enumerate() {
            *row = pixels.row(y0 as usize + k);
        }
        for (lane, &x) in left.iter().enumerate() {
            let (x, row) = (x as usize, (top[lane] - y0) as usize);
            let (upper, lower) = (&rows[row][x..x + 2], &rows[row + 1][x..x + 2]);
            put(lane, [upper[0], upper[1], lower[0], lower[1]]);
        }
    } else {
        for (lane, &x) in left.iter().enumerate() {
            let y = top[lane];
            let (upper, lower) = (
                [pixels.pixel(x, y), pixels.pixel(x + 1, y)],
                [pixels.pixel(x, y + 1), pixels.pixel(x + 1, y + 1)],
            );
            put(lane, [upper[0], upper[1], lower[0], lower[1]]);
        }
    }
    true
}

/// The minimum and the maximum.
#[inline(always)]
fn extremes(positions: &[i32]) -> (i32, i32) {
    positions
        .iter()
        .fold((i32::MAX, i32::MIN), |(least, most), &position| {
            (least.min(position), most.max(position))
        })
}

/// The bilinear interpolation of the four source pixels, rounded half to even.
#[inline(always)]
fn interpolate<const C: usize, const CONSTANT: bool>(
    corners: &[Block<C>; 4],
    across: &[f32; BLOCK],
    down: &[f32; BLOCK],
) -> Block<C> {
    let between = |from: f32, to: f32, fraction: f32| fraction.mul_add(to - from, from);
    let [a, b, c, d] = corners;
    let (a, b, c, d) = (samples(a), samples(b), samples(c), samples(d));
    let (across, down) = (for_each_channel::<C>(across), for_each_channel::<C>(down));
    let (across, down) = (samples(&across), samples(&down));
    let mut mixed = [[0; C]; BLOCK];
    let out = &mut mixed.as_flattened_mut()[..C * BLOCK];
    for (i, out) in out.iter_mut().enumerate() {
        let upper = between(f32::from(a[i]), f32::from(b[i]), across[i]);
        let lower = between(f32::from(c[i]), f32::from(d[i]), across[i]);
        let mut mixed = between(upper, lower, down[i]);
        if !CONSTANT {
            // Fractions of positions that do not fit an i32 are no fractions; what then does not fit one either is 0, NaN included.
            let fits = mixed.abs() < 2_147_483_648.0;
            mixed = if fits { mixed } else { 0.0 }.clamp(0.0, 255.0);
        }
        // The result is within 0..=255 but for an error below 1/2. Adding 2^23 rounds it, half to even, into the low bits.
        *out = (mixed + INTEGERS_ONLY).to_bits() as u8;
    }
    mixed
}

/// The samples of a block as a slice. `as_flattened` may not be inlined; the range tells the loops the length.
#[inline(always)]
fn samples<T, const C: usize>(block: &[[T; C]; BLOCK]) -> &[T] {
    &block.as_flattened()[..C * BLOCK]
}

/// Each number repeated for every channel of a pixel.
#[inline(always)]
fn for_each_channel<const C: usize>(numbers: &[f32; BLOCK]) -> [[f32; C]; BLOCK] {
    let mut repeated = [[0.0; C]; BLOCK];
    for lane in 0..BLOCK {
        repeated[lane] = [numbers[lane]; C];
    }
    repeated
}
