//! The tables of a resize, as data.

use std::ops::Range;
use std::sync::Arc;

pub(crate) use pixelflume_kernels::args::Tap;

/// The source positions of all columns and rows of the output, and their weights.
#[derive(Debug)]
pub(crate) enum ResizeTables {
    /// Sums of 2x2 pixels with the rounding of bilinear: the taps of the columns, then the taps of the rows.
    Bilinear(Vec<Tap>),
    /// Exactly half the width and height: each pixel is the mean of 2x2 pixels, `(sum + 2) >> 2`, without a table.
    Half,
    /// Copies of pixels: the source column of each column, then the source row of each row.
    Nearest(Arc<[u32]>),
    /// Sums with integer weights, which are exact and rounded once: a sample is `clamp((2^(shift - 1) + sum) >> shift, 0, 255)`, where
    /// `sum` is the i32 sum over the taps of the row and those of the column.
    Fixed {
        columns: ResizeAxis<i32>,
        lines: ResizeAxis<i32>,
        shift: u32,
    },
    /// Sums in f32, in which each product and each sum is rounded: first along a row, in the order of the taps, then over
    /// the rows in their order. The result is rounded to an integer, ties to even.
    Float {
        columns: ResizeAxis<f32>,
        lines: ResizeAxis<f32>,
    },
    /// Means of blocks of `columns` x `lines` pixels, without a table: the exact sum of a block, rounded to f32, times the f32 nearest
    /// to `1 / (columns * lines)`. The result is rounded to an integer, ties to even.
    Blocks { columns: u32, lines: u32 },
}

/// The taps of all columns, or of all rows, that a resize makes: `taps` consecutive positions inside the source for each.
/// Positions that add nothing have the weight 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResizeAxis<W> {
    /// The number of taps of each column or row, at least 1.
    pub(crate) taps: usize,
    /// The first position of each column or row. They never decrease.
    pub(crate) first: Vec<u32>,
    /// The weights: `taps` for the first column or row, then those of the next one.
    pub(crate) weights: Vec<W>,
}

impl<W> ResizeAxis<W> {
    /// The weights of column or row `at`.
    pub(crate) fn weights(&self, at: usize) -> &[W] {
        &self.weights[at * self.taps..][..self.taps]
    }

    /// The positions that these columns or rows, at least one, are made from.
    pub(crate) fn positions(&self, range: Range<usize>) -> Range<usize> {
        self.first(range.start)..self.first(range.end - 1) + self.taps
    }

    /// The first position of column or row `at`.
    pub(crate) fn first(&self, at: usize) -> usize {
        self.first[at] as usize
    }
}
