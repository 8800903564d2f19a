//! The host executor of `normalize`: a LUT of 256 entries for each channel.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use pixelflume_kernels::args::NormalizeArgs;
use std::ops::Range;

/// The fewest samples of output that are worth a strip of their own.
const LEAST_SAMPLES: usize = 32 * 1024;

/// The host executor of [`Normalize`](crate::Normalize).
pub(crate) struct NormalizeHost<T> {
    /// The LUT of each channel.
    tables: Box<[[T; 256]]>,
    planar: bool,
}

impl<T: Pod> NormalizeHost<T> {
    /// The executor for the factor and the summand of each channel; `rounded` converts the f32 result to an output sample.
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
            // The rows are in more than one plane.
            _ => 0..height,
        }
    }

    fn run(&self, _args: &NormalizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        match self.tables.len() {
            1 => self.look_up::<1>(source, strip),
            3 => self.look_up::<3>(source, strip),
            _ => self.look_up::<4>(source, strip),
        }
    }
}

impl<T: Pod> NormalizeHost<T> {
    fn look_up<const C: usize>(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        let (frame, tables) = (strip.frame(), &self.tables[..C]);
        for y in strip.rows() {
            let row = source.row(frame, y % source.height());
            let pixels = row.as_chunks::<C>().0;
            if self.planar {
                // The rows of the output are the rows of one plane after the other.
                let channel = y / source.height();
                let (table, out) = (&tables[channel], strip.row(y));
                let pixels = &pixels[..out.len()];
                for (x, out) in out.iter_mut().enumerate() {
                    *out = table[usize::from(pixels[x][channel])];
                }
            } else {
                let out = strip.row(y).as_chunks_mut::<C>().0;
                let pixels = &pixels[..out.len()];
                for (x, out) in out.iter_mut().enumerate() {
                    for c in 0..C {
                        out[c] = tables[c][usize::from(pixels[x][c])];
                    }
                }
            }
        }
    }
}
