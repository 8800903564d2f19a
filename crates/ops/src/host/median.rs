//! Median blur on the host.

use super::lanes::{LANES, block, store, whole_blocks};
use super::scratch;
use super::view::{Source, Strip, StripKernel};
use crate::{ImageParam, kernels::args::UnaryArgs};
use fearless_simd::{Level, dispatch};

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 16 * 1024;

/// Host executor of [`MedianBlur`](crate::MedianBlur).
pub(crate) struct MedianHost {
    pub(crate) level: Level,
}

impl StripKernel for MedianHost {
    type Args = UnaryArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &UnaryArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &UnaryArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn run(&self, args: &UnaryArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let channels = args.dst.channels as usize;
        let (size, samples) = (args.a as usize, args.dst.width as usize * channels);
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
                    3 => dispatch!(self.level, _ => median_row::<3>(channels, rows, out)),
                    _ => dispatch!(self.level, _ => median_row::<5>(channels, rows, out)),
                }
            }
        });
    }
}

/// The medians of windows of `N` x `N` samples, from `N` padded rows.
///
/// The median is the largest value that at most half of the samples are below: it is found bit by bit from the highest, for
/// many samples at once, without branches.
#[inline(always)]
fn median_row<const N: usize>(channels: usize, rows: &[u8], out: &mut [u8]) {
    let stride = rows.len() / N;
    for (start, out) in (0..).step_by(LANES).zip(out.chunks_mut(LANES)) {
        let mut median = [0u8; LANES];
        for bit in (0..8).rev().map(|shift| 1u8 << shift) {
            let mut larger = median;
            larger.iter_mut().for_each(|value| *value |= bit);
            let mut below = [0u8; LANES];
            for k in 0..N * N {
                let samples = block(rows, k / N * stride + start + k % N * channels);
                for i in 0..LANES {
                    below[i] += u8::from(samples[i] < larger[i]);
                }
            }
            for i in 0..LANES {
                if below[i] <= (N * N / 2) as u8 {
                    median[i] = larger[i];
                }
            }
        }
        store(out, &median);
    }
}
