//! The host executor with fixed-point weights: the arithmetic of Pillow and of torch on CPUs.
//!
//! Source rows are taken in groups of 16, since [`horizontal`](super::horizontal) computes as many at once. Rows that no row of
//! the output reads are left out. The vertical pass keeps the rows of its span in a [`Window`].

use super::alpha::{divide_by_alpha, premultiply};
use super::horizontal::{self, horizontal, transpose};
use super::memory::{Memory, Sizes};
use super::quads::LANES;
use super::vertical::{Window, row_quads, window_rows};
use super::weights::{POSITIONS, QuadAxis};
use super::{Geometry, HostArgs};
use crate::contract::stage::ResampleTables;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::Level;
use std::ops::Range;
use std::sync::Arc;

/// The bytes that the window of the vertical pass may have; where it has more, the samples of a row are computed in blocks.
const MOST_WINDOW_BYTES: usize = 256 * 1024;

/// The host executor of [`Resample`](crate::Resample) with fixed-point weights.
pub(crate) struct FixedHost {
    level: Level,
    geometry: Geometry,
    columns: Option<QuadAxis>,
    lines: Option<QuadAxis>,
    /// Whether there are two passes and the vertical one is the first.
    vertical_first: bool,
    /// The pixels of a row between the passes that the vertical pass computes together.
    block: usize,
}

impl FixedHost {
    /// The executor for images of these widths and heights, with the tables of that resample.
    pub(crate) fn new(
        level: Level,
        tables: Arc<ResampleTables>,
        channels: usize,
        from: (usize, usize),
        to: (usize, usize),
    ) -> Self {
        let columns = tables.columns.as_ref().and_then(QuadAxis::new);
        let lines = tables.lines.as_ref().and_then(QuadAxis::new);
        let pixel_bytes = lines.as_ref().map_or(0, window_rows) * channels * POSITIONS * 2;
        let block = (MOST_WINDOW_BYTES / pixel_bytes.max(1)).max(1);
        FixedHost {
            level,
            vertical_first: tables.vertical_first && columns.is_some(),
            geometry: Geometry::new(tables, channels, from, to),
            columns,
            lines,
            block,
        }
    }

    /// The memory that a strip needs.
    fn sizes(&self) -> Sizes {
        let Geometry {
            channels,
            width,
            columns,
            ..
        } = self.geometry;
        let premultiplied = self.geometry.tables.premultiplied;
        // The block has pixels of the source or of the output.
        let block = self.block.min(width.max(columns)) * channels;
        let stride = horizontal::stride(columns, channels);
        Sizes {
            loaded: usize::from(premultiplied) * LANES * width * channels,
            lines: usize::from(self.vertical_first) * LANES * width * channels,
            rows: LANES * stride,
            columns: stride,
            across: self.columns.as_ref().map_or(0, horizontal::window_quads) * channels,
            down: self.lines.as_ref().map_or(0, window_rows) * row_quads(block),
        }
    }
}

/// The source of the rows that are computed: a frame, of which the rows `readable` are there.
struct SourceRows<'s> {
    source: &'s Source<'s, u8>,
    frame: usize,
    readable: Range<usize>,
}

impl FixedHost {
    /// A resample without vertical pass.
    fn columns_only(&self, from: &SourceRows<'_>, strip: &mut Strip<'_, u8>, memory: Memory<'_>) {
        let Memory {
            loaded,
            rows,
            mut across,
            ..
        } = memory;
        let all = strip.rows();
        for start in all.clone().step_by(LANES) {
            let group = start..all.end.min(start + LANES);
            let loaded = self.load(from, |lane| start + lane, loaded);
            self.finish(group, loaded, &mut across, rows, strip);
        }
    }

    /// Makes the rows `group` of the output of 16 rows for which only the horizontal pass is left, if there is one.
    fn finish(
        &self,
        group: Range<usize>,
        rows: [&[u8]; LANES],
        across: &mut horizontal::Memory<'_>,
        out: &mut [u8],
        strip: &mut Strip<'_, u8>,
    ) {
        let Geometry {
            channels, columns, ..
        } = self.geometry;
        let Some(axis) = &self.columns else {
            for (y, row) in group.zip(rows) {
                strip.row(y).copy_from_slice(row);
            }
            return;
        };
        let made = horizontal(self.level, axis, channels, 0..columns, rows, across);
        transpose(self.level, made, out);
        for (y, row) in group.zip(out.chunks_exact(made.len())) {
            let target = strip.row(y);
            target.copy_from_slice(&row[..target.len()]);
        }
    }

    /// A resample whose vertical pass is the last one, or the only one.
    fn lines_last(
        &self,
        axis: &QuadAxis,
        from: &SourceRows<'_>,
        strip: &mut Strip<'_, u8>,
        memory: Memory<'_>,
    ) {
        let Memory {
            loaded,
            mut across,
            down,
            ..
        } = memory;
        let Geometry {
            channels, columns, ..
        } = self.geometry;
        let rows = strip.rows();
        for start in (0..columns).step_by(self.block) {
            let block = start..columns.min(start + self.block);
            let samples = block.start * channels..block.end * channels;
            let make = |rows: [&[u8]; LANES], quads: &[usize], window: &mut Window<'_>| match &self
                .columns
            {
                Some(axis) => {
                    let block = block.clone();
                    let made = horizontal(self.level, axis, channels, block, rows, &mut across);
                    window.fill_columns(self.level, quads, made);
                }
                None => {
                    let rows = rows.map(|row| &row[samples.clone()]);
                    window.fill(self.level, quads, rows);
                }
            };
            let emit = |y, window: &Window<'_>| {
                let out = &mut strip.row(y)[samples.clone()];
                window.sum(self.level, axis, y, out);
            };
            let mut window = Window::new(down, window_rows(axis), samples.len());
            self.vertical(axis, from, rows.clone(), loaded, &mut window, make, emit);
        }
    }

    /// A resample whose vertical pass is the first of two.
    fn lines_first(
        &self,
        axis: &QuadAxis,
        from: &SourceRows<'_>,
        strip: &mut Strip<'_, u8>,
        memory: Memory<'_>,
    ) {
        let Memory {
            loaded,
            lines,
            rows: made,
            mut across,
            down,
        } = memory;
        let Geometry {
            channels, width, ..
        } = self.geometry;
        let (rows, length) = (strip.rows(), width * channels);
        for start in rows.clone().step_by(LANES) {
            let group = start..rows.end.min(start + LANES);
            for first in (0..width).step_by(self.block) {
                let samples = first * channels..width.min(first + self.block) * channels;
                let make = |rows: [&[u8]; LANES], quads: &[usize], window: &mut Window<'_>| {
                    let rows = rows.map(|row| &row[samples.clone()]);
                    window.fill(self.level, quads, rows);
                };
                let emit = |y, window: &Window<'_>| {
                    let line = &mut lines[(y - start) * length..][samples.clone()];
                    window.sum(self.level, axis, y, line);
                };
                let rows = group.clone();
                let mut window = Window::new(down, window_rows(axis), samples.len());
                self.vertical(axis, from, rows, loaded, &mut window, make, emit);
            }
            let rows = std::array::from_fn(|lane| {
                let line = lane.min(group.len() - 1);
                &lines[line * length..][..length]
            });
            self.finish(group, rows, &mut across, made, strip);
        }
    }

    /// The vertical pass over the rows `rows` of the output. `make` brings 16 source rows into the window, as the rows of quads
    /// whose numbers it gets, and `emit` takes a row of the output out of it.
    #[expect(
        clippy::too_many_arguments,
        reason = "the two closures differ between the callers"
    )]
    fn vertical(
        &self,
        axis: &QuadAxis,
        from: &SourceRows<'_>,
        rows: Range<usize>,
        loaded: &mut [u8],
        window: &mut Window<'_>,
        mut make: impl FnMut([&[u8]; LANES], &[usize], &mut Window<'_>),
        mut emit: impl FnMut(usize, &Window<'_>),
    ) {
        let mut next = 0;
        for y in rows.clone() {
            while next < axis.quads(y).end {
                let (group, count) = upcoming(axis, y..rows.end, next, window.rows());
                let group = &group[..count];
                // Behind the last row of quads of the group it is repeated: there are always 16 rows.
                let quad = |lane: usize| group[(lane / POSITIONS).min(count - 1)];
                let row = |lane: usize| quad(lane) * POSITIONS + lane % POSITIONS;
                make(self.load(from, row, loaded), group, window);
                next = group[count - 1] + 1;
            }
            emit(y, window);
        }
    }

    /// 16 source rows, with premultiplied colors where the resample has them. Rows that are not there are replaced by their
    /// neighbors; they have no weight.
    fn load<'r>(
        &self,
        from: &SourceRows<'r>,
        row: impl Fn(usize) -> usize,
        memory: &'r mut [u8],
    ) -> [&'r [u8]; LANES] {
        let (first, last) = (from.readable.start, from.readable.end - 1);
        let row = |lane| from.source.row(from.frame, row(lane).clamp(first, last));
        let rows: [&[u8]; LANES] = std::array::from_fn(row);
        if !self.geometry.tables.premultiplied {
            return rows;
        }
        let length = rows[0].len();
        for (row, out) in rows.iter().zip(memory.chunks_exact_mut(length)) {
            premultiply(row, out);
        }
        std::array::from_fn(|lane| &memory[lane * length..][..length])
    }
}

/// The next rows of quads, up to four and at least one, that the rows `rows` of the output read from row `next` of quads on. None
/// of them takes the place of one that the first row needs, in a window of `room` rows.
fn upcoming(
    axis: &QuadAxis,
    rows: Range<usize>,
    next: usize,
    room: usize,
) -> ([usize; LANES / POSITIONS], usize) {
    let limit = axis.quads(rows.start).start + room;
    let (mut group, mut count, mut next) = ([0; LANES / POSITIONS], 0, next);
    for y in rows {
        let quads = axis.quads(y);
        for quad in next.max(quads.start)..quads.end {
            if count == group.len() || quad >= limit {
                return (group, count);
            }
            group[count] = quad;
            count += 1;
            next = quad + 1;
        }
    }
    (group, count)
}

impl StripKernel for FixedHost {
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
        let from = SourceRows {
            source: &source.reborrow(),
            frame: strip.frame(),
            readable: self.geometry.source_rows(strip.rows()),
        };
        self.sizes().with(|memory| match &self.lines {
            None => self.columns_only(&from, strip, memory),
            Some(axis) if self.vertical_first => self.lines_first(axis, &from, strip, memory),
            Some(axis) => self.lines_last(axis, &from, strip, memory),
        });
        if self.geometry.tables.premultiplied {
            for y in strip.rows() {
                divide_by_alpha(strip.row(y));
            }
        }
    }
}
