//! Rows of samples to rows with a sample for each pixel.

use super::geometry::{ComponentShape, Region, Upsampling};
use super::window::Window;
use fearless_simd::{Level, Simd, dispatch};
use std::ops::Range;

/// The samples that a loop reads at once.
const BLOCK: usize = 64;

/// The bytes of the row that [`row`] makes for a region; 0 where it makes none.
pub(super) fn row_bytes(shape: &ComponentShape, region: &Region) -> usize {
    let samples = (region.x.end - region.x.start) as usize / usize::from(shape.ratio.0) + 2;
    match makes_row(shape) {
        // The row may begin inside of the pixels of a sample; what follows the pixels is read in whole blocks.
        true => samples.next_multiple_of(BLOCK) * usize::from(shape.ratio.0) + BLOCK,
        false => 0,
    }
}

/// Whether the row is made, or is there already.
fn makes_row(shape: &ComponentShape) -> bool {
    let (across, _) = shape.ratio;
    across > 1 || shape.upsampling() == Upsampling::Vertical
}

/// The samples of the pixels `x` of row `y` of the image, followed by at least as many bytes of no meaning as make whole blocks of 64.
pub(super) fn row<'r>(
    level: Level,
    window: &'r Window,
    y: u32,
    x: &Range<u32>,
    made: &'r mut [u8],
) -> &'r [u8] {
    let shape = window.shape();
    let (across, down) = (u32::from(shape.ratio.0), u32::from(shape.ratio.1));
    let (first, last) = (x.start / across, (x.end - 1) / across);
    let blocks = ((last + 1 - first) as usize).div_ceil(BLOCK);
    let near = y / down;
    // The neighbor of the upper of two pixels is above, that of the lower one below; outermost rows are their own neighbors.
    let lower = y % 2 == 1;
    let far = match lower {
        true => (near + 1).min(shape.samples.1 - 1),
        false => near.saturating_sub(1),
    };
    let upsampling = shape.upsampling();
    let start = i64::from(first) - i64::from(upsampling.reads_columns());
    match upsampling {
        Upsampling::Vertical => {
            let rows = [window.row(near, start), window.row(far, start)];
            let rounding = 1 + u16::from(lower);
            dispatch!(level, simd => vertical(simd, rows, rounding, blocks, made));
        }
        Upsampling::Horizontal => {
            let row = window.row(near, start);
            dispatch!(level, simd => horizontal(simd, row, blocks, made));
        }
        Upsampling::Both => {
            let rows = [window.row(near, start), window.row(far, start)];
            dispatch!(level, simd => both(simd, rows, blocks, made));
        }
        Upsampling::None | Upsampling::Replicate => {
            let row = window.row(near, start);
            let row = &row[..blocks * BLOCK];
            match across {
                1 => return row,
                2 => replicate::<2>(row, made),
                3 => replicate::<3>(row, made),
                _ => replicate::<4>(row, made),
            }
        }
    }
    &made[(x.start - first * across) as usize..]
}

/// `blocks` blocks of `(3 near + far + rounding) >> 2`.
#[inline(always)]
fn vertical<S: Simd>(_: S, rows: [&[u8]; 2], rounding: u16, blocks: usize, out: &mut [u8]) {
    let [near, far] = rows.map(|row| &row.as_chunks::<BLOCK>().0[..blocks]);
    for ((near, far), out) in near.iter().zip(far).zip(out.as_chunks_mut::<BLOCK>().0) {
        for i in 0..BLOCK {
            let sum = 3 * u16::from(near[i]) + u16::from(far[i]);
            out[i] = ((sum + rounding) >> 2) as u8;
        }
    }
}

/// The samples of a block and those on both sides of it.
type Around<T> = [T; BLOCK + 2];

/// `blocks` blocks of pairs of pixels. The row begins with the left neighbor of the first sample.
#[inline(always)]
fn horizontal<S: Simd>(_: S, row: &[u8], blocks: usize, out: &mut [u8]) {
    for (n, out) in pairs(out, blocks) {
        let row: &Around<u8> = around(row, n);
        for i in 0..BLOCK {
            let three = 3 * u16::from(row[i + 1]);
            let left = (three + u16::from(row[i]) + 1) >> 2;
            let right = (three + u16::from(row[i + 2]) + 2) >> 2;
            // Two bytes at once, so that no vector has to be interleaved.
            out[i] = (left | right << 8).to_le_bytes();
        }
    }
}

/// The blocks whose sums [`both`] holds at a time. A sum is read some time after it was written: a vector that is read soon after
/// parts of it were written has to wait.
const HELD: usize = 8;

/// `blocks` blocks of pairs of pixels between two rows. The rows begin with the left neighbor of the first sample.
#[inline(always)]
fn both<S: Simd>(_: S, rows: [&[u8]; 2], blocks: usize, out: &mut [u8]) {
    let [near, far] = rows.map(|row| row.as_chunks::<BLOCK>().0);
    let mut sums = [[0; BLOCK]; HELD + 1];
    for start in (0..blocks).step_by(HELD) {
        let held = HELD.min(blocks - start);
        // The last block has the right neighbor.
        for n in 0..held + 1 {
            let (near, far) = (&near[start + n], &far[start + n]);
            for i in 0..BLOCK {
                sums[n][i] = 3 * u16::from(near[i]) + u16::from(far[i]);
            }
        }
        let out = &mut out[2 * BLOCK * start..];
        for (n, out) in pairs(out, held) {
            let sums: &Around<u16> = around(sums.as_flattened(), n);
            for i in 0..BLOCK {
                let three = 3 * sums[i + 1];
                let left = (three + sums[i] + 8) >> 4;
                let right = (three + sums[i + 2] + 7) >> 4;
                out[i] = (left | right << 8).to_le_bytes();
            }
        }
    }
}

/// The first blocks of a row of pairs of pixels, with their numbers.
#[inline(always)]
fn pairs(out: &mut [u8], blocks: usize) -> impl Iterator<Item = (usize, &mut [[u8; 2]; BLOCK])> {
    let blocks = &mut out.as_chunks_mut().0.as_chunks_mut().0[..blocks];
    blocks.iter_mut().enumerate()
}

/// The samples around block `n` of a row that begins with the left neighbor of its first sample.
#[inline(always)]
fn around<T>(row: &[T], n: usize) -> &Around<T> {
    let row = &row[n * BLOCK..];
    row.first_chunk().expect("rows go on behind the last block")
}

/// `N` pixels for each sample.
fn replicate<const N: usize>(row: &[u8], out: &mut [u8]) {
    for (&sample, out) in row.iter().zip(out.as_chunks_mut::<N>().0) {
        *out = [sample; N];
    }
}
