//! The host executor of `resample`: both passes over strips of rows.
//!
//! [`ResampleHost`] decides which rows are computed when, and into which memory. [`fixed`] and [`float`] have the passes over one
//! row, behind the trait [`Arithmetic`].

mod fixed;
mod float;

pub(crate) use fixed::Fixed;
pub(crate) use float::Float;

use crate::contract::stage::{ResampleAxis, ResampleTables, Span};
use crate::host::scratch;
use crate::host::view::{ROWS_PER_RECOMPUTED_ROW, Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::{Pod, Zeroable};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// The fewest samples, read and written, that are worth a strip of their own.
const LEAST_SAMPLES: usize = 128 * 1024;

/// The bytes that the rows between the passes may have; where they have more, the columns of the output are computed in blocks.
const MOST_ROW_BYTES: usize = 256 * 1024;

/// The arguments of the host executor.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct HostArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
}

/// The passes over single rows. A row is samples, all channels of a pixel side by side.
pub(crate) trait Arithmetic: Send + Sync + 'static {
    /// The type of the samples between the passes.
    type Sample: Pod + Send + Sync;

    /// Makes samples of the pixels of the source. `premultiplied` pixels have four channels, of which the last is alpha.
    fn load(row: &[u8], premultiplied: bool, out: &mut [Self::Sample]);

    /// The horizontal pass: makes the pixels `columns` of the output from a part of a source row, given with its first column.
    fn horizontal(
        axis: &ResampleAxis,
        channels: usize,
        columns: Range<usize>,
        row: (&[Self::Sample], usize),
        out: &mut [Self::Sample],
    );

    /// The vertical pass: makes a row from the rows of `span`, each given by its place in the span.
    fn vertical<'r>(
        axis: &ResampleAxis,
        span: Span,
        rows: impl Fn(usize) -> &'r [Self::Sample],
        out: &mut [Self::Sample],
    );

    /// Makes samples of the output.
    fn store(row: &[Self::Sample], premultiplied: bool, out: &mut [u8]);
}

/// The host executor of [`Resample`](crate::Resample).
pub(crate) struct ResampleHost<A> {
    tables: Arc<ResampleTables>,
    channels: usize,
    /// Columns of the source.
    width: usize,
    /// Rows of the source and of the output.
    heights: (usize, usize),
    /// Columns of the output.
    columns: usize,
    /// Columns of a block.
    block: usize,
    /// The most rows of a span of the vertical pass.
    window: usize,
    arithmetic: PhantomData<A>,
}

impl<A: Arithmetic> ResampleHost<A> {
    /// The executor for images of these widths and heights, with the tables of that resample.
    pub(crate) fn new(
        tables: Arc<ResampleTables>,
        channels: usize,
        from: (usize, usize),
        to: (usize, usize),
    ) -> Self {
        let counts = tables.lines.iter().flat_map(|axis| &axis.spans);
        let window = counts.map(|span| span.count as usize).max().unwrap_or(1);
        let column_bytes = window * channels * size_of::<A::Sample>();
        // Blocks of a resample whose vertical pass comes first have source columns in common, which would be computed again.
        let block = match tables.vertical_first {
            true => to.0,
            false => (MOST_ROW_BYTES / column_bytes).clamp(1, to.0),
        };
        ResampleHost {
            tables,
            channels,
            width: from.0,
            heights: (from.1, to.1),
            columns: to.0,
            block,
            window,
            arithmetic: PhantomData,
        }
    }

    /// The source rows of a row of the output. Their beginnings and ends never decrease from row to row.
    fn span(&self, y: usize) -> Span {
        match &self.tables.lines {
            Some(axis) => axis.spans[y],
            None => Span {
                first: y as u32,
                count: 1,
                weight: 0,
            },
        }
    }

    /// The source columns of these columns of the output.
    fn source_columns(&self, columns: &Range<usize>) -> Range<usize> {
        match &self.tables.columns {
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
        memory: &mut [A::Sample],
    ) {
        let ResampleTables {
            columns: horizontal,
            lines: vertical,
            vertical_first,
            premultiplied,
        } = &*self.tables;
        let from = self.source_columns(&columns);
        let samples =
            |columns: &Range<usize>| columns.start * self.channels..columns.end * self.channels;
        let (read, written) = (samples(&from), samples(&columns));
        let (before, after) = match vertical_first {
            true => (None, horizontal.as_ref()),
            false => (horizontal.as_ref(), None),
        };
        // The samples of a row between the passes.
        let between = match vertical_first {
            true => read.len(),
            false => written.len(),
        };
        let (loaded, memory) = memory.split_at_mut(read.len());
        let (line, memory) = memory.split_at_mut(between);
        let (finished, rows) = memory.split_at_mut(written.len());
        let frame = strip.frame();
        // Row y of the source is kept in place y % window, until the row `window` below it takes the place.
        let place = |y: usize| y % self.window * between..(y % self.window + 1) * between;
        let mut next = 0;
        for y in strip.rows() {
            let span = self.span(y);
            let (first, count) = (span.first as usize, span.count as usize);
            for row in next.max(first)..first + count {
                let pixels = &source.row(frame, row)[read.clone()];
                let out = &mut rows[place(row)];
                match before {
                    Some(axis) => {
                        A::load(pixels, *premultiplied, loaded);
                        let columns = columns.clone();
                        A::horizontal(axis, self.channels, columns, (loaded, from.start), out);
                    }
                    None => A::load(pixels, *premultiplied, out),
                }
            }
            next = next.max(first + count);
            let line: &[A::Sample] = match vertical {
                Some(axis) => {
                    A::vertical(axis, span, |row| &rows[place(first + row)], line);
                    line
                }
                None => &rows[place(first)],
            };
            let line = match after {
                Some(axis) => {
                    let columns = columns.clone();
                    A::horizontal(axis, self.channels, columns, (line, from.start), finished);
                    &*finished
                }
                None => line,
            };
            A::store(line, *premultiplied, &mut strip.row(y)[written.clone()]);
        }
    }

    /// The samples of scratch memory that the largest block needs.
    fn scratch_samples(&self) -> usize {
        let between = match self.tables.vertical_first {
            true => self.width,
            false => self.block,
        };
        (self.width + between + self.block + self.window * between) * self.channels
    }
}

impl<A: Arithmetic> StripKernel for ResampleHost<A> {
    type Args = HostArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &HostArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &HostArgs) -> usize {
        let (from, to) = self.heights;
        let samples = (self.width * from.div_ceil(to) + self.columns) * self.channels;
        let recomputed = self.recomputed_rows(args);
        LEAST_SAMPLES
            .div_ceil(samples)
            .max(ROWS_PER_RECOMPUTED_ROW * recomputed)
    }

    fn source_rows(&self, _args: &HostArgs, rows: Range<usize>) -> Range<usize> {
        let (first, last) = (self.span(rows.start), self.span(rows.end - 1));
        first.first as usize..(last.first + last.count) as usize
    }

    fn recomputed_rows(&self, _args: &HostArgs) -> usize {
        // The rows that two neighboring rows of the output have in common, in rows of the output.
        let (from, to) = self.heights;
        ((self.window - 1) * to.min(from)).div_ceil(from)
    }

    fn run(&self, _args: &HostArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let bytes = self.scratch_samples() * size_of::<A::Sample>();
        scratch::with(bytes, 0, |memory, _| {
            let memory = bytemuck::cast_slice_mut(memory);
            for start in (0..self.columns).step_by(self.block) {
                let columns = start..self.columns.min(start + self.block);
                self.run_block(columns, source, strip, memory);
            }
        });
    }
}
