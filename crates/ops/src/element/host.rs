//! The host executor of one erosion or dilation: the rows of a window that have one run of columns are combined into one row, and
//! then the samples along this row.

use super::elements::Element;
use super::steps::Extreme;
use super::window::MorphologyBorder;
use crate::host::border::reflect;
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, block_mut, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ElementArgs;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor.
pub(super) struct ElementHost {
    level: Level,
    extreme: Extreme,
    border: MorphologyBorder,
    /// The rows of the window, by the columns of them that count.
    groups: Box<[Group]>,
}

/// The rows of a window of which the same columns count.
struct Group {
    columns: Range<usize>,
    rows: Box<[usize]>,
}

impl ElementHost {
    pub(super) fn new(
        level: Level,
        extreme: Extreme,
        element: &Element,
        border: MorphologyBorder,
    ) -> Self {
        let mut groups: Vec<(Range<u32>, Vec<usize>)> = Vec::new();
        for (row, columns) in element.rows.iter().enumerate() {
            match groups.iter_mut().find(|(of, _)| of == columns) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((columns.clone(), vec![row])),
            }
        }
        let groups = groups.into_iter().map(|(columns, rows)| Group {
            columns: columns.start as usize..columns.end as usize,
            rows: rows.into(),
        });
        ElementHost {
            level,
            extreme,
            border,
            groups: groups.collect(),
        }
    }
}

impl StripKernel for ElementHost {
    type Args = ElementArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ElementArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ElementArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    /// Rows that a border mode reads in place of rows outside the image are no further away than those.
    fn halo(&self, args: &ElementArgs) -> Option<usize> {
        Some(args.anchor_y.max(args.height - 1 - args.anchor_y) as usize)
    }

    fn run(&self, args: &ElementArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        match self.extreme {
            Extreme::Least => self.strip(args, source, strip, 255, u8::min),
            Extreme::Most => self.strip(args, source, strip, 0, u8::max),
        }
    }
}

impl ElementHost {
    /// Computes the extremes as `combine` of two samples, of which `neutral` is the neutral element.
    #[inline(always)]
    fn strip(
        &self,
        args: &ElementArgs,
        source: &Source<'_, u8>,
        strip: &mut Strip<'_, u8>,
        neutral: u8,
        combine: impl Fn(u8, u8) -> u8 + Copy,
    ) {
        let channels = args.dst.channels as usize;
        let samples = args.dst.width as usize * channels;
        let around = (args.width as usize - 1) * channels;
        // Behind the row there is room for the blocks that are read from its last samples on.
        let padded_bytes = whole_blocks(samples + around) + whole_blocks(around) + BLOCK;
        let bytes = whole_blocks(padded_bytes) + whole_blocks(samples);
        scratch::with(bytes, 0, |memory, _| {
            let (padded, result) = memory.split_at_mut(whole_blocks(padded_bytes));
            for y in strip.rows() {
                result.fill(neutral);
                for group in &self.groups {
                    self.fill_row(
                        args,
                        group,
                        (source, strip.frame(), y),
                        padded,
                        neutral,
                        combine,
                    );
                    let run = &mut padded[group.columns.start * channels..];
                    let length = group.columns.len();
                    dispatch!(self.level, _ => combine_run(combine, run, (length, channels), result));
                }
                strip.row(y).copy_from_slice(&result[..samples]);
            }
        });
    }

    /// Combines the rows of a group into one, with the pixels that the window reads on both sides of the image.
    #[inline(always)]
    fn fill_row(
        &self,
        args: &ElementArgs,
        group: &Group,
        (source, frame, y): (&Source<'_, u8>, usize, usize),
        padded: &mut [u8],
        neutral: u8,
        combine: impl Fn(u8, u8) -> u8 + Copy,
    ) {
        let (width, channels) = (args.dst.width as usize, args.dst.channels as usize);
        let [left, top] = [args.anchor_x, args.anchor_y].map(|anchor| anchor as usize);
        let value = &args.value[..channels];
        let inside = &mut padded[left * channels..(left + width) * channels];
        inside.fill(neutral);
        let mut reads_outside = false;
        for row in &group.rows {
            let y = (y + row) as isize - top as isize;
            match self.position(y, source.height()) {
                Some(y) => {
                    let row = source.row(frame, y);
                    dispatch!(self.level, _ => combine_row(combine, row, inside));
                }
                None => reads_outside = true,
            }
        }
        let is_constant = self.border == MorphologyBorder::Constant;
        if reads_outside && is_constant {
            for pixel in inside.chunks_exact_mut(channels) {
                for (sample, &value) in pixel.iter_mut().zip(value) {
                    *sample = combine(*sample, value);
                }
            }
        }
        let sides = (0..left).chain(left + width..width + args.width as usize - 1);
        for x in sides {
            let to = x * channels;
            match self.position(x as isize - left as isize, width) {
                Some(from) => {
                    let from = (left + from) * channels;
                    padded.copy_within(from..from + channels, to);
                }
                None if is_constant => padded[to..to + channels].copy_from_slice(value),
                None => padded[to..to + channels].fill(neutral),
            }
        }
    }

    /// The index inside `0..len` that is read at `index`; `None` for the constant, or for nothing.
    fn position(&self, index: isize, len: usize) -> Option<usize> {
        let inside = usize::try_from(index).ok().filter(|&index| index < len);
        let (last, period) = (len as isize - 1, 2 * len as isize);
        inside.or(match self.border {
            MorphologyBorder::Ignored | MorphologyBorder::Constant => None,
            MorphologyBorder::Replicate => Some(index.clamp(0, last) as usize),
            MorphologyBorder::Reflect => {
                let folded = index.rem_euclid(period);
                Some(folded.min(period - 1 - folded) as usize)
            }
            MorphologyBorder::Reflect101 => Some(reflect(index, len)),
        })
    }
}

#[inline(always)]
fn combine_row(combine: impl Fn(u8, u8) -> u8, row: &[u8], into: &mut [u8]) {
    let row = &row[..into.len()];
    for (i, value) in into.iter_mut().enumerate() {
        *value = combine(*value, row[i]);
    }
}

/// Combines each sample of `result` with `length` samples of a row, of pixels of `channels` samples, from the one at the same place on.
///
/// The row becomes combinations of 2, 4, 8 and more of its samples, and two of these that overlap cover the run.
#[inline(always)]
fn combine_run(
    combine: impl Fn(u8, u8) -> u8,
    row: &mut [u8],
    (length, channels): (usize, usize),
    result: &mut [u8],
) {
    let mut covered = 1;
    while 2 * covered <= length {
        let other = covered * channels;
        let end = result.len() + (length - 2 * covered) * channels;
        for start in (0..end).step_by(BLOCK) {
            // Written when the samples behind it were read: later blocks read only what is further on.
            let mut values = *block(row, start);
            let others = block(row, start + other);
            for i in 0..BLOCK {
                values[i] = combine(values[i], others[i]);
            }
            *block_mut(row, start) = values;
        }
        covered *= 2;
    }
    let other = (length - covered) * channels;
    for start in (0..result.len()).step_by(BLOCK) {
        let (first, last) = (block(row, start), block(row, start + other));
        let values = block_mut(result, start);
        for i in 0..BLOCK {
            values[i] = combine(values[i], combine(first[i], last[i]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::cuda;
    use crate::element::window::{MorphologyWindow, WindowShape};
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            for (size, anchor) in [
                (3, None),
                (9, Some((0, 8))),
                (31, None),
                (255, Some((254, 3))),
            ] {
                for (extreme, border) in [Extreme::Least, Extreme::Most]
                    .into_iter()
                    .zip([MorphologyBorder::Ignored, MorphologyBorder::Reflect])
                {
                    let window = MorphologyWindow {
                        anchor,
                        border,
                        ..MorphologyWindow::new(WindowShape::Ellipse, size)
                    };
                    let (element, _) = Element::of(&window);
                    let name = format!("{extreme:?} {size} x{channels}");
                    let args = |src, dst| cuda::args(&element, &window, (src, dst), 0);
                    same_at_all_levels(&name, channels, shape, args, |level| {
                        Arc::new(HostCode(ElementHost::new(level, extreme, &element, border)))
                    });
                }
            }
        }
    }
}
