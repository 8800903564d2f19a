//! Normalisation on the host: there are only 256 samples, so each is looked up.

use super::view::{Source, Strip, StripKernel};
use crate::{ImageParam, kernels::args::NormalizeArgs};
use bytemuck::Pod;
use std::ops::Range;

/// Samples of output that are worth a strip.
const LEAST_SAMPLES: usize = 32 * 1024;

/// Host executor of [`Normalize`](crate::Normalize).
pub(crate) struct NormalizeHost<T> {
    /// What becomes of each sample, for each channel.
    tables: Box<[[T; 256]]>,
    planar: bool,
}

impl<T: Pod> NormalizeHost<T> {
    /// `factors` are factor and summand of each channel.
    pub(crate) fn new(factors: &[(f32, f32)], planar: bool, rounded: impl Fn(f32) -> T) -> Self {
        let table = |&(a, b): &(f32, f32)| {
            std::array::from_fn(|sample| rounded((sample as f32).mul_add(a, b)))
        };
        NormalizeHost {
            tables: factors.iter().map(table).collect(),
            planar,
        }
    }
}

impl<T: Pod + Send + Sync> StripKernel for NormalizeHost<T> {
    type Args = NormalizeArgs;
    type Source = u8;
    type Target = T;

    fn images(args: &NormalizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &NormalizeArgs) -> usize {
        LEAST_SAMPLES.div_ceil(args.dst.width as usize)
    }

    fn source_rows(&self, args: &NormalizeArgs, rows: Range<usize>) -> Range<usize> {
        let (start, height) = (
            rows.start % args.src.height as usize,
            args.src.height as usize,
        );
        match start + rows.len() {
            end if end <= height => start..end,
            // They are in more than one plane.
            _ => 0..height,
        }
    }

    fn run(&self, _args: &NormalizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        let (frame, channels) = (strip.frame(), self.tables.len());
        for y in strip.rows() {
            if self.planar {
                // The rows of the output are those of one plane after the other.
                let channel = y / source.height();
                let pixels = source
                    .row(frame, y % source.height())
                    .chunks_exact(channels);
                let table = &self.tables[channel];
                for (out, pixel) in strip.row(y).iter_mut().zip(pixels) {
                    *out = table[usize::from(pixel[channel])];
                }
            } else {
                let pixels = source.row(frame, y).chunks_exact(channels);
                for (out, pixel) in strip.row(y).chunks_exact_mut(channels).zip(pixels) {
                    for ((out, &sample), table) in out.iter_mut().zip(pixel).zip(&self.tables) {
                        *out = table[usize::from(sample)];
                    }
                }
            }
        }
    }
}
