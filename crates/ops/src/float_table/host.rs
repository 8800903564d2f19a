//! The host executor of operators that look samples up: a LUT of 256 entries for each channel.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use pixelflume_kernels::args::FloatTableArgs;
use std::ops::Range;

/// The fewest samples of output that are worth a strip of their own.
const LEAST_SAMPLES: usize = 32 * 1024;

/// The host executor of a [`FloatTablePlan`](super::FloatTablePlan).
pub(crate) struct FloatTableHost<T> {
    /// The LUT of each channel.
    tables: Box<[[T; 256]]>,
    planar: bool,
}

impl<T: Pod> FloatTableHost<T> {
    /// The executor for the tables of the channels; `rounded` converts a number to an output sample.
    pub(crate) fn new(
        tables: &[[f32; 256]],
        planar: bool,
        rounded: impl Copy + Fn(f32) -> T,
    ) -> Self {
        FloatTableHost {
            tables: tables.iter().map(|table| table.map(rounded)).collect(),
            planar,
        }
    }
}

impl<T: Pod + Send + Sync> StripKernel for FloatTableHost<T> {
    type Args = FloatTableArgs;
    type Source = u8;
    type Target = T;

    fn images(args: &FloatTableArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &FloatTableArgs) -> usize {
        LEAST_SAMPLES.div_ceil(args.dst.width as usize)
    }

    fn source_rows(&self, args: &FloatTableArgs, rows: Range<usize>) -> Range<usize> {
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

    fn run(&self, _args: &FloatTableArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        match self.tables.len() {
            1 => self.look_up::<1>(source, strip),
            3 => self.look_up::<3>(source, strip),
            _ => self.look_up::<4>(source, strip),
        }
    }
}

impl<T: Pod> FloatTableHost<T> {
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
