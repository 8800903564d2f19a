//! The host executors of `resample`, one for each arithmetic.
//!
//! [`FixedHost`] has fixed-point weights. Both its passes add up [`quads`] of samples; [`weights`] prepares the weights for it, and
//! [`horizontal`] and [`vertical`] bring samples into quads. [`FloatHost`] has weights in single precision.

mod alpha;
mod fixed;
mod float;
mod horizontal;
mod memory;
mod quads;
#[cfg(test)]
mod tests;
mod vertical;
mod weights;

pub(crate) use fixed::FixedHost;
pub(crate) use float::FloatHost;

use crate::contract::stage::{ResampleTables, Span};
use crate::host::view::ROWS_PER_RECOMPUTED_ROW;
use crate::image::ImageParam;
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use std::sync::Arc;

/// The fewest samples, read and written, that are worth a strip of their own.
const LEAST_SAMPLES: usize = 128 * 1024;

/// The arguments of the host executors.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct HostArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
}

/// The sizes of a resample, and which source rows it reads when.
struct Geometry {
    tables: Arc<ResampleTables>,
    channels: usize,
    /// Columns of the source.
    width: usize,
    /// Rows of the source and of the output.
    heights: (usize, usize),
    /// Columns of the output.
    columns: usize,
    /// The most rows of a span of the vertical pass.
    window: usize,
}

impl Geometry {
    /// The geometry of a resample between images of these widths and heights.
    fn new(
        tables: Arc<ResampleTables>,
        channels: usize,
        from: (usize, usize),
        to: (usize, usize),
    ) -> Self {
        let counts = tables.lines.iter().flat_map(|axis| &axis.spans);
        let window = counts.map(|span| span.count as usize).max().unwrap_or(1);
        Geometry {
            tables,
            channels,
            width: from.0,
            heights: (from.1, to.1),
            columns: to.0,
            window,
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

    /// See [`StripKernel::least_rows`](crate::host::view::StripKernel::least_rows).
    fn least_rows(&self) -> usize {
        let (from, to) = self.heights;
        let samples = (self.width * from.div_ceil(to) + self.columns) * self.channels;
        LEAST_SAMPLES
            .div_ceil(samples)
            .max(ROWS_PER_RECOMPUTED_ROW * self.recomputed_rows())
    }

    /// The source rows that these rows of the output, at least one, are made from.
    fn source_rows(&self, rows: Range<usize>) -> Range<usize> {
        let (first, last) = (self.span(rows.start), self.span(rows.end - 1));
        first.first as usize..(last.first + last.count) as usize
    }

    /// The rows that two neighboring rows of the output have in common, in rows of the output.
    fn recomputed_rows(&self) -> usize {
        let (from, to) = self.heights;
        ((self.window - 1) * to.min(from)).div_ceil(from)
    }
}
