//! The host executor with weights in single precision: the arithmetic of torch on CUDA. The horizontal pass is the first one, samples
//! stay as they are between the passes, and they are rounded behind the last one.

use super::{Geometry, HostArgs};
use crate::contract::stage::{AxisWeights, ResampleAxis, ResampleTables, Span};
use crate::host::scratch;
use crate::host::simd::BLOCK;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use std::ops::Range;
use std::sync::Arc;

/// The bytes that the rows between the passes may have; where they have more, the columns of the output are computed in blocks.
const MOST_ROW_BYTES: usize = 256 * 1024;

/// The host executor of [`Resample`](crate::Resample) with weights in single precision.
pub(crate) struct FloatHost {
    level: Level,
    geometry: Geometry,
    /// Columns of a block.
    block: usize,
}

impl FloatHost {
    /// The executor for images of these widths and heights, with the tables of that resample.
    pub(crate) fn new(
        level: Level,
        tables: Arc<ResampleTables>,
        channels: usize,
        from: (usize, usize),
        to: (usize, usize),
    ) -> Self {
        let geometry = Geometry::new(tables, channels, from, to);
        let column_bytes = geometry.window * channels * size_of::<f32>();
        FloatHost {
            level,
            geometry,
            block: (MOST_ROW_BYTES / column_bytes).clamp(1, to.0),
        }
    }

    /// The source columns of these columns of the output.
    fn source_columns(&self, columns: &Range<usize>) -> Range<usize> {
        match &self.geometry.tables.columns {
            Some(axis) => {
                let last = axis.spans[columns.end - 1];
                axis.spans[columns.start].first as usize..(last.first + last.count) as usize
            }
            None => columns.clone(),
        }
    }

    /// Computes the columns `columns` of the rows of the strip.
    fn run_block(
        &self,
        columns: Range<usize>,
        source: &Source<'_, u8>,
        strip: &mut Strip<'_, u8>,
        memory: &mut [f32],
    ) {
        let Geometry {
            tables,
            channels,
            window,
            ..
        } = &self.geometry;
        let from = self.source_columns(&columns);
        let samples = |columns: &Range<usize>| columns.start * channels..columns.end * channels;
        let (read, written) = (samples(&from), samples(&columns));
        let pass = |axis: &ResampleAxis, row: &[f32], out: &mut [f32]| {
            let spans = &axis.spans[columns.clone()];
            dispatch!(self.level, _ => match channels {
                1 => horizontal::<1>(axis, spans, row, from.start, out),
                3 => horizontal::<3>(axis, spans, row, from.start, out),
                _ => horizontal::<4>(axis, spans, row, from.start, out),
            });
        };
        let (loaded, memory) = memory.split_at_mut(read.len());
        let (line, rows) = memory.split_at_mut(written.len());
        let frame = strip.frame();
        // Row y of the source is kept in place y % window, until the row `window` below it takes the place.
        let length = written.len();
        let place = |y: usize| y % window * length..(y % window + 1) * length;
        let mut next = 0;
        for y in strip.rows() {
            let span = self.geometry.span(y);
            let (first, count) = (span.first as usize, span.count as usize);
            for row in next.max(first)..first + count {
                let pixels = &source.row(frame, row)[read.clone()];
                let out = &mut rows[place(row)];
                match &tables.columns {
                    Some(axis) => {
                        load(pixels, loaded);
                        pass(axis, loaded, out);
                    }
                    None => load(pixels, out),
                }
            }
            next = next.max(first + count);
            let line: &[f32] = match &tables.lines {
                Some(axis) => {
                    let row = |i: usize| &rows[place(first + i)];
                    dispatch!(self.level, _ => vertical(axis, span, row, line));
                    line
                }
                None => &rows[place(first)],
            };
            let out = &mut strip.row(y)[written.clone()];
            dispatch!(self.level, _ => store(line, out));
        }
    }

    /// The samples of scratch memory that the largest block needs.
    fn scratch_samples(&self) -> usize {
        let Geometry {
            channels,
            width,
            window,
            ..
        } = &self.geometry;
        (width + self.block + window * self.block) * channels
    }
}

impl StripKernel for FloatHost {
    type Args = HostArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &HostArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, _args: &HostArgs) -> usize {
        self.geometry.least_rows()
    }

    fn source_rows(&self, _args: &HostArgs, rows: Range<usize>) -> Range<usize> {
        self.geometry.source_rows(rows)
    }

    fn recomputed_rows(&self, _args: &HostArgs) -> usize {
        self.geometry.recomputed_rows()
    }

    fn run(&self, _args: &HostArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        scratch::with_longs(0, self.scratch_samples(), |_, memory| {
            let memory: &mut [f32] = bytemuck::cast_slice_mut(memory);
            for start in (0..self.geometry.columns).step_by(self.block) {
                let columns = start..self.geometry.columns.min(start + self.block);
                self.run_block(columns, source, strip, memory);
            }
        });
    }
}

fn load(row: &[u8], out: &mut [f32]) {
    for (out, &sample) in out.iter_mut().zip(row) {
        *out = sample.into();
    }
}

/// The horizontal pass: makes the pixels of these spans from a part of a row that begins at column `first`.
#[inline(always)]
fn horizontal<const C: usize>(
    axis: &ResampleAxis,
    spans: &[Span],
    row: &[f32],
    first: usize,
    out: &mut [f32],
) {
    let weights = float(axis);
    let (pixels, out) = (row.as_chunks::<C>().0, out.as_chunks_mut::<C>().0);
    for (&span, out) in spans.iter().zip(out) {
        let start = span.first as usize - first;
        let pixels = &pixels[start..start + span.count as usize];
        let weights = &weights[span.weight as usize..][..span.count as usize];
        let mut sums = [0.0; C];
        for (i, (pixel, &weight)) in pixels.iter().zip(weights).enumerate() {
            for c in 0..C {
                sums[c] = match i {
                    0 => pixel[c] * weight,
                    _ => pixel[c].mul_add(weight, sums[c]),
                };
            }
        }
        *out = sums;
    }
}

/// The vertical pass: makes a row from the rows of `span`, each given by its place in the span.
#[inline(always)]
fn vertical<'r>(
    axis: &ResampleAxis,
    span: Span,
    row: impl Fn(usize) -> &'r [f32],
    out: &mut [f32],
) {
    let weights = &float(axis)[span.weight as usize..][..span.count as usize];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block * BLOCK;
        let samples = |i: usize| &row(i)[start..start + out.len()];
        let mut sums = [0.0; BLOCK];
        for (sum, &sample) in sums.iter_mut().zip(samples(0)) {
            *sum = sample * weights[0];
        }
        for (i, &weight) in weights.iter().enumerate().skip(1) {
            for (sum, &sample) in sums.iter_mut().zip(samples(i)) {
                *sum = sample.mul_add(weight, *sum);
            }
        }
        out.copy_from_slice(&sums[..out.len()]);
    }
}

/// Rounds samples to 8 bits.
#[inline(always)]
fn store(row: &[f32], out: &mut [u8]) {
    for (out, &sample) in out.iter_mut().zip(row) {
        *out = sample.clamp(0.0, 255.0).round_ties_even() as u8;
    }
}

/// The weights of an axis.
///
/// # Panics
/// The axis has weights of another kind. The plan chooses the executor by the tables.
fn float(axis: &ResampleAxis) -> &[f32] {
    match &axis.weights {
        AxisWeights::Float(values) => values,
        AxisWeights::Fixed { .. } => panic!("the weights are fixed-point numbers"),
    }
}
