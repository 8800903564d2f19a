//! Rows of the derivatives with windows of 5 and 7 pixels, and of their magnitude, on the host.

use super::root::rounded_root;
use crate::host::simd::{BLOCK, block, store};

/// The weights across a derivative, and along it.
const fn weights<const SIZE: usize>() -> ([i16; SIZE], [i16; SIZE]) {
    let smooth: &[i16] = match SIZE {
        5 => &[1, 4, 6, 4, 1],
        _ => &[1, 6, 15, 20, 15, 6, 1],
    };
    let difference: &[i16] = match SIZE {
        5 => &[-1, -2, 0, 2, 1],
        _ => &[-1, -4, -5, 0, 5, 4, 1],
    };
    let mut all = ([0; SIZE], [0; SIZE]);
    let mut k = 0;
    while k < SIZE {
        all.0[k] = smooth[k];
        all.1[k] = difference[k];
        k += 1;
    }
    all
}

/// The derivatives along x and y of a block of pixels: at most 163200 in magnitude.
///
/// The sums of a row of the window are at most 16320 in magnitude.
#[inline(always)]
fn derivatives<const SIZE: usize>(
    window: &[&[u8]; SIZE],
    start: usize,
) -> ([i32; BLOCK], [i32; BLOCK]) {
    let (smooth, difference) = const { weights::<SIZE>() };
    let (mut dx, mut dy) = ([0i32; BLOCK], [0i32; BLOCK]);
    for row in 0..SIZE {
        let (mut along, mut across) = ([0i16; BLOCK], [0i16; BLOCK]);
        for column in 0..SIZE {
            let samples = block(window[row], start + column);
            for i in 0..BLOCK {
                along[i] += difference[column] * i16::from(samples[i]);
                across[i] += smooth[column] * i16::from(samples[i]);
            }
        }
        for i in 0..BLOCK {
            dx[i] += i32::from(smooth[row]) * i32::from(along[i]);
            dy[i] += i32::from(difference[row]) * i32::from(across[i]);
        }
    }
    (dx, dy)
}

/// Writes the derivatives along x, or along y, clamped to i16.
#[inline(always)]
pub(super) fn derivative_row<const ALONG_X: bool, const SIZE: usize>(
    window: &[&[u8]; SIZE],
    out: &mut [i16],
) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        // What is not used is not computed.
        let (dx, dy) = derivatives(window, block_index * BLOCK);
        let sums = if ALONG_X { dx } else { dy };
        let mut values = [0i16; BLOCK];
        for i in 0..BLOCK {
            values[i] = sums[i].clamp(-32768, 32767) as i16;
        }
        store(out, &values);
    }
}

/// Writes the magnitudes.
#[inline(always)]
pub(super) fn magnitude_row<const SIZE: usize>(window: &[&[u8]; SIZE], out: &mut [u8]) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let (dx, dy) = derivatives(window, block_index * BLOCK);
        let mut values = [0u8; BLOCK];
        for i in 0..BLOCK {
            // A derivative of 255 or more makes a magnitude of 255, and the squares fit.
            let (gx, gy) = (dx[i].clamp(-255, 255), dy[i].clamp(-255, 255));
            values[i] = rounded_root(gx * gx + gy * gy);
        }
        store(out, &values);
    }
}
