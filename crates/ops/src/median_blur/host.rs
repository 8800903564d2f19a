//! The host executor of `median_blur`.

use super::columns;
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x32};
use pixelflume_kernels::args::MedianBlurArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The largest window whose samples are compared with each other. The samples of larger ones are counted.
const MOST_COMPARED: usize = 5;

/// The host executor of [`MedianBlur`](crate::MedianBlur).
pub(crate) struct MedianHost {
    pub(crate) level: Level,
}

impl StripKernel for MedianHost {
    type Args = MedianBlurArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &MedianBlurArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &MedianBlurArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn halo(&self, args: &MedianBlurArgs) -> Option<usize> {
        Some(args.size as usize / 2)
    }

    fn recomputed_rows(&self, args: &MedianBlurArgs) -> usize {
        match args.size as usize {
            ..=MOST_COMPARED => 0,
            // To count the first window of each column takes about as long as these rows.
            size => size.div_ceil(32),
        }
    }

    fn run(&self, args: &MedianBlurArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let channels = args.dst.channels as usize;
        let (size, samples) = (args.size as usize, args.dst.width as usize * channels);
        if size > MOST_COMPARED {
            let sides = (args.dst.width as usize, channels);
            return columns::run(self.level, size, sides, source, strip);
        }
        let (radius, side) = (size / 2, size / 2 * channels);
        let stride = whole_blocks(samples) + 2 * side;
        let frame = strip.frame();
        scratch::with(size * stride, 0, |rows, _| {
            for y in strip.rows() {
                for (k, padded) in rows.chunks_exact_mut(stride).enumerate() {
                    let y = (y + k).saturating_sub(radius).min(source.height() - 1);
                    padded[side..side + samples].copy_from_slice(source.row(frame, y));
                    for i in 0..radius {
                        padded.copy_within(side..side + channels, i * channels);
                        let last = side + samples - channels..side + samples;
                        padded.copy_within(last, side + samples + i * channels);
                    }
                }
                let out = strip.row(y);
                match size {
                    3 => {
                        dispatch!(self.level, simd => network_row(simd, channels, rows, out))
                    }
                    _ => {
                        dispatch!(self.level, _ => search_row::<MOST_COMPARED>(channels, rows, out))
                    }
                }
            }
        });
    }
}

/// A sorting network that moves the median of 9 numbers to the middle: each exchange puts the smaller of two numbers first. From
/// Devillard, Fast median search: an ANSI C implementation (1998), after Paeth (1990).
const NETWORK_9: [(usize, usize); 19] = [
    (1, 2),
    (4, 5),
    (7, 8),
    (0, 1),
    (3, 4),
    (6, 7),
    (1, 2),
    (4, 5),
    (7, 8),
    (0, 3),
    (5, 8),
    (4, 7),
    (3, 6),
    (1, 4),
    (2, 5),
    (4, 7),
    (4, 2),
    (6, 4),
    (4, 2),
];

/// Samples of a vector.
const BYTES: usize = 32;

/// The medians of windows of 3 x 3 samples of three padded rows, by the sorting network.
#[inline(always)]
fn network_row<S: Simd>(simd: S, channels: usize, rows: &[u8], out: &mut [u8]) {
    let stride = rows.len() / 3;
    // Padded rows have whole blocks, and a block is two vectors.
    for (vector, out) in out.chunks_mut(BYTES).enumerate() {
        let start = vector * BYTES;
        let mut samples = [u8x32::splat(simd, 0); 9];
        for (k, samples) in samples.iter_mut().enumerate() {
            let first = k / 3 * stride + start + k % 3 * channels;
            *samples = u8x32::from_slice(simd, &rows[first..first + BYTES]);
        }
        for (a, b) in NETWORK_9 {
            let (first, second) = (samples[a], samples[b]);
            samples[a] = first.min(second);
            samples[b] = first.max(second);
        }
        let mut median = [0; BYTES];
        samples[4].store_slice(&mut median);
        store(out, &median);
    }
}

/// The medians of windows of `N` x `N` samples of `N` padded rows, by binary search.
///
/// The median is the largest value such that at most half of the samples are below it. Its bits are found from the highest to
/// the lowest, for a block of samples at once and without branches. A sorting network for 25 numbers needs more registers than
/// there are, and is slower. A window has 25 samples, so that their number fits 8 bits.
#[inline(always)]
fn search_row<const N: usize>(channels: usize, rows: &[u8], out: &mut [u8]) {
    let stride = rows.len() / N;
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let mut median = [0u8; BLOCK];
        for bit in (0..8).rev().map(|shift| 1u8 << shift) {
            let mut larger = median;
            larger.iter_mut().for_each(|value| *value |= bit);
            let mut below = [0u8; BLOCK];
            for k in 0..N * N {
                let samples = block(rows, k / N * stride + start + k % N * channels);
                for i in 0..BLOCK {
                    below[i] += u8::from(samples[i] < larger[i]);
                }
            }
            for i in 0..BLOCK {
                if below[i] <= (N * N / 2) as u8 {
                    median[i] = larger[i];
                }
            }
        }
        store(out, &median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    /// Whether the network finds the median of 9 numbers that are 0 or 1. Exchanges commute with thresholds, so that such a
    /// network finds the median of any numbers (the 0-1 principle).
    fn finds_the_median(network: &[(usize, usize)]) -> bool {
        (0..1u32 << 9).all(|pattern| {
            let mut numbers: [u32; 9] = std::array::from_fn(|i| pattern >> i & 1);
            for &(a, b) in network {
                let (first, second) = (numbers[a], numbers[b]);
                numbers[a] = first.min(second);
                numbers[b] = first.max(second);
            }
            numbers[4] == u32::from(pattern.count_ones() > 4)
        })
    }

    #[test]
    fn the_network_finds_the_median_of_any_numbers() {
        assert!(finds_the_median(&NETWORK_9));
        assert!(!finds_the_median(&NETWORK_9[..18]));
    }

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            for size in [3, 5, 7, 9, 11, 13, 31, 255] {
                let args = |src, dst| MedianBlurArgs {
                    src,
                    dst,
                    size,
                    rows: 0,
                };
                same_at_all_levels("median", channels, shape, args, |level| {
                    Arc::new(HostCode(MedianHost { level }))
                });
            }
        }
    }
}
