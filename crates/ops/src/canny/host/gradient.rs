//! The gradients of a row, their magnitudes, and the local maxima among these.
//!
//! Rows of samples have room up to whole blocks; what is there behind the last sample is not used.

use super::{NONE, STRONG, WEAK};
use crate::host::simd::{BLOCK, block, block_mut};

/// The factors of a Sobel kernel across the derivative, and along it.
const fn sobel<const TAPS: usize>() -> [[i16; TAPS]; 2] {
    // [1] and [-1 1], convolved with [1 1] until both have all taps.
    let (mut smooth, mut derivative) = ([0; TAPS], [0; TAPS]);
    smooth[0] = 1;
    derivative[0] = -1;
    derivative[1] = 1;
    let mut taps = 1;
    while taps < TAPS {
        let mut k = taps;
        while k > 0 {
            smooth[k] += smooth[k - 1];
            if taps > 1 {
                derivative[k] += derivative[k - 1];
            }
            k -= 1;
        }
        taps += 1;
    }
    [smooth, derivative]
}

/// Sums the columns of the rows around a row, with the smooth factors and with those of the derivative. The two halves of `columns` take the sums,
/// each with the pixels at its ends repeated for a window of `TAPS` pixels.
#[inline(always)]
pub(super) fn sum_column<const TAPS: usize>(
    rows: [&[u8]; TAPS],
    channels: usize,
    columns: &mut [i16],
) {
    let [smooth, derivative] = const { sobel::<TAPS>() };
    let padding = TAPS / 2 * channels;
    let samples = rows[0].len();
    let half = columns.len() / 2;
    let (sums, differences) = columns.split_at_mut(half);
    let across = &mut sums[padding..][..samples];
    let along = &mut differences[padding..][..samples];
    across.fill(0);
    along.fill(0);
    for (k, row) in rows.iter().enumerate() {
        for ((sum, difference), &sample) in across.iter_mut().zip(&mut *along).zip(*row) {
            *sum += smooth[k] * i16::from(sample);
            *difference += derivative[k] * i16::from(sample);
        }
    }
    for row in [sums, differences] {
        let last = padding + samples - channels;
        for k in 0..TAPS / 2 {
            row.copy_within(padding..padding + channels, k * channels);
            row.copy_within(last..last + channels, last + (k + 1) * channels);
        }
    }
}

/// The derivatives along x and along y of each sample, from the sums of [`sum_column`].
#[inline(always)]
pub(super) fn differentiate<const TAPS: usize>(
    channels: usize,
    columns: &[i16],
    gx: &mut [i16],
    gy: &mut [i16],
) {
    let [smooth, derivative] = const { sobel::<TAPS>() };
    let (sums, differences) = columns.split_at(columns.len() / 2);
    for start in (0..gx.len()).step_by(BLOCK) {
        let (mut x, mut y) = ([0; BLOCK], [0; BLOCK]);
        for k in 0..TAPS {
            let sums = block(sums, start + k * channels);
            let differences = block(differences, start + k * channels);
            for i in 0..BLOCK {
                x[i] += i32::from(derivative[k]) * i32::from(sums[i]);
                y[i] += i32::from(smooth[k]) * i32::from(differences[i]);
            }
        }
        let (gx, gy) = (block_mut(gx, start), block_mut(gy, start));
        for i in 0..BLOCK {
            (gx[i], gy[i]) = (scaled::<TAPS>(x[i]), scaled::<TAPS>(y[i]));
        }
    }
}

/// A derivative as i16: with 7 taps it is divided by 16, rounded to the nearest integer, ties to even.
#[inline(always)]
fn scaled<const TAPS: usize>(derivative: i32) -> i16 {
    let scaled = match TAPS {
        7 => (derivative + 7 + (derivative >> 4 & 1)) >> 4,
        _ => derivative,
    };
    scaled as i16
}

/// The magnitude of the gradient of each pixel, with a zero before the first and behind the last. The gradients of pixels become those of the channel
/// with the largest magnitude, the first of several, side by side.
#[inline(always)]
pub(super) fn magnitudes(
    channels: usize,
    euclidean: bool,
    gx: &mut [i16],
    gy: &mut [i16],
    magnitudes: &mut [i32],
) {
    let width = magnitudes.len() - 2;
    magnitudes[0] = 0;
    magnitudes[width + 1] = 0;
    let inner = &mut magnitudes[1..=width];
    if channels == 1 {
        for ((magnitude, &x), &y) in inner.iter_mut().zip(&*gx).zip(&*gy) {
            *magnitude = length(euclidean, x, y);
        }
        return;
    }
    for (pixel, magnitude) in inner.iter_mut().enumerate() {
        let first = pixel * channels;
        let mut best = (length(euclidean, gx[first], gy[first]), first);
        for sample in first + 1..first + channels {
            let length = length(euclidean, gx[sample], gy[sample]);
            if length > best.0 {
                best = (length, sample);
            }
        }
        *magnitude = best.0;
        (gx[pixel], gy[pixel]) = (gx[best.1], gy[best.1]);
    }
}

/// The sum of the absolute derivatives, or the sum of their squares.
#[inline(always)]
fn length(euclidean: bool, x: i16, y: i16) -> i32 {
    let (x, y) = (i32::from(x), i32::from(y));
    match euclidean {
        true => x * x + y * y,
        false => x.abs() + y.abs(),
    }
}

/// Writes the classes of the pixels of a row. `magnitudes` are those of the row above, of the row and of the row below, `gradient` its derivatives along
/// x and along y.
pub(super) fn suppress(
    [low, high]: [i32; 2],
    magnitudes: [&[i32]; 3],
    gradient: (&[i16], &[i16]),
    out: &mut [u8],
) {
    for (x, class) in out.iter_mut().enumerate() {
        let magnitude = magnitudes[1][x + 1];
        let is_candidate = magnitude > low && {
            let [before, behind] = beside(magnitudes, x, gradient.0[x], gradient.1[x]);
            magnitude > before && magnitude >= behind
        };
        *class = match is_candidate {
            true if magnitude > high => STRONG,
            true => WEAK,
            false => NONE,
        };
    }
}

/// The magnitudes on both sides of pixel `x` in the direction of its gradient: at the left or above, and at the right or below. On a diagonal the second is
/// less by one, since a pixel is a maximum there if it is above both.
#[inline(always)]
fn beside([above, here, below]: [&[i32]; 3], x: usize, gx: i16, gy: i16) -> [i32; 2] {
    // With 15 fractional bits; the tangent of 22.5 degrees is 13573, that of 67.5 degrees 2 more.
    let (run, rise) = (i32::from(gx).abs(), i32::from(gy).abs() << 15);
    let shallow = 13573 * run;
    if rise < shallow {
        [here[x], here[x + 2]]
    } else if rise > shallow + (run << 16) {
        [above[x + 1], below[x + 1]]
    } else if (gx ^ gy) < 0 {
        [above[x + 2], below[x] + 1]
    } else {
        [above[x], below[x + 2] + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_are_those_of_sobel() {
        assert_eq!(sobel::<3>(), [[1, 2, 1], [-1, 0, 1]]);
        assert_eq!(sobel::<5>(), [[1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]]);
        let long = [[1, 6, 15, 20, 15, 6, 1], [-1, -4, -5, 0, 5, 4, 1]];
        assert_eq!(sobel::<7>(), long);
    }

    #[test]
    fn a_sixteenth_is_rounded_half_to_even() {
        for derivative in -163_200..=163_200 {
            let expected = (f64::from(derivative) / 16.0).round_ties_even();
            assert_eq!(f64::from(scaled::<7>(derivative)), expected, "{derivative}");
        }
    }
}
