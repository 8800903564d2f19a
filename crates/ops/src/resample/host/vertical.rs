//! The vertical pass, over blocks of 64 samples of a row.
//!
//! A window has the rows that the next row of the output reads, four of them in a row of quads.

use super::quads::{LANES, Quad, gather, weigh};
use super::weights::{POSITIONS, QuadAxis};
use crate::host::simd::{BLOCK, store};
use bytemuck::Zeroable;
use fearless_simd::{Level, Simd, dispatch, i16x16, prelude::*, u8x16};

/// The quads of a block.
const QUADS: usize = BLOCK / LANES;

/// The rows of quads that the window has room for. A group of source rows is up to four of them, of which the span of an output
/// row may need only the first.
pub(super) fn window_rows(axis: &QuadAxis) -> usize {
    axis.most() + 3
}

/// The quads of a row of `samples` samples.
pub(super) fn row_quads(samples: usize) -> usize {
    samples.div_ceil(BLOCK) * QUADS
}

/// Some rows of quads: row `q` has the source rows from `4 * q` on.
pub(super) struct Window<'m> {
    /// The rows. Row `q` is in place `q % rows`.
    blocks: &'m mut [[Quad; QUADS]],
    rows: usize,
    /// Blocks of a row.
    row_blocks: usize,
}

impl<'m> Window<'m> {
    /// A window of `rows` rows of `samples` samples in this memory.
    pub(super) fn new(memory: &'m mut [Quad], rows: usize, samples: usize) -> Self {
        let row_blocks = samples.div_ceil(BLOCK);
        let blocks = &mut memory.as_chunks_mut::<QUADS>().0[..rows * row_blocks];
        Window {
            blocks,
            rows,
            row_blocks,
        }
    }

    /// The rows of quads that the window has room for.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Makes the rows `quads` of quads of four rows of samples each. A row takes the place of the row [`Window::rows`] before.
    pub(super) fn fill(&mut self, level: Level, quads: &[usize], rows: [&[u8]; LANES]) {
        for (quad, rows) in quads.iter().zip(rows.as_chunks::<POSITIONS>().0) {
            let start = quad % self.rows * self.row_blocks;
            let blocks = &mut self.blocks[start..start + self.row_blocks];
            dispatch!(level, simd => fill(simd, rows, blocks));
        }
    }

    /// Makes the rows `quads` of quads of four rows of samples each, which lie column by column: the samples of all [`LANES`] rows
    /// side by side.
    pub(super) fn fill_columns(&mut self, level: Level, quads: &[usize], columns: &[[u8; LANES]]) {
        dispatch!(level, simd => self.gather_columns(simd, quads, columns));
    }

    #[inline(always)]
    fn gather_columns<S: Simd>(&mut self, simd: S, quads: &[usize], columns: &[[u8; LANES]]) {
        for (i, columns) in columns.as_chunks::<LANES>().0.iter().enumerate() {
            let lanes = columns.each_ref().map(|column| &column[..]);
            let mut made = [Quad::zeroed(); LANES / POSITIONS];
            gather::<S, 1>(simd, lanes, 0, &mut made);
            for (quad, made) in quads.iter().zip(made) {
                let row = quad % self.rows * self.row_blocks;
                self.blocks[row + i / QUADS][i % QUADS] = made;
            }
        }
    }

    /// Makes the row `y` of the output; the window has the quads of its span.
    pub(super) fn sum(&self, level: Level, axis: &QuadAxis, y: usize, out: &mut [u8]) {
        dispatch!(level, simd => self.run(simd, axis, y, out));
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, axis: &QuadAxis, y: usize, out: &mut [u8]) {
        let quads = axis.quads(y);
        let first = quads.start % self.rows;
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            // The rows after the last place continue at the first one.
            let row = |i: usize| {
                let place = first + i;
                let place = if place < self.rows {
                    place
                } else {
                    place - self.rows
                };
                &self.blocks[place * self.row_blocks + block]
            };
            let samples = weigh(simd, axis, y, (0..quads.len()).map(row));
            let samples: &[u8; BLOCK] = samples
                .as_flattened()
                .try_into()
                .expect("QUADS * LANES samples");
            store(out, samples);
        }
    }
}

#[inline(always)]
fn fill<S: Simd>(simd: S, rows: &[&[u8]; POSITIONS], blocks: &mut [[Quad; QUADS]]) {
    for (i, quad) in blocks.as_flattened_mut().iter_mut().enumerate() {
        let [a, b, c, d] = rows.map(|row| samples(simd, row, i * LANES));
        let (first, second) = quad.0.split_at_mut(2 * LANES);
        store_pairs(a, c, first);
        store_pairs(b, d, second);
    }
}

/// The [`LANES`] samples of a row from sample `start` on. Behind the end of the row they are 0.
#[inline(always)]
fn samples<S: Simd>(simd: S, row: &[u8], start: usize) -> u8x16<S> {
    match row.get(start..start + LANES) {
        Some(samples) => u8x16::from_slice(simd, samples),
        None => {
            let rest = &row[start.min(row.len())..];
            let mut samples = [0; LANES];
            samples[..rest.len()].copy_from_slice(rest);
            u8x16::simd_from(simd, samples)
        }
    }
}

/// Writes pairs of a sample of `a` and one of `b`.
#[inline(always)]
fn store_pairs<S: Simd>(a: u8x16<S>, b: u8x16<S>, pairs: &mut [i16]) {
    let (low, high) = a.interleave(b);
    let (low, high) = low.combine(high).widen();
    let (first, second) = pairs.split_at_mut(LANES);
    i16x16::from_bytes(low.to_bytes()).store_slice(first);
    i16x16::from_bytes(high.to_bytes()).store_slice(second);
}
