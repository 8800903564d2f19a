//! Medians of large windows on the host, from the counts of the columns of a window.
//!
//! The counts of a window are the sums of those of its columns. A step to the right adds a column and takes one away, and a step down
//! replaces one sample in each column, so that no step depends on the size of the window (Perreault and Hébert, Median filtering in
//! constant time, 2007). Every value of 256 has a count, and every 16 neighboring values have the sum of theirs, by which the median is found
//! in two short searches.

use crate::host::scratch;
use crate::host::view::{Source, Strip};
use fearless_simd::{Level, dispatch};
use std::ops::Range;

/// Neighboring values that are counted together as well.
const GROUP: usize = 16;
/// The counts of the groups, then those of the values.
const COUNTS: usize = 256 / GROUP + 256;

/// The counts of a column or a window. A window has at most 255 x 255 samples, which fit 16 bits.
type Counts = [u16; COUNTS];

/// The most columns of output that are computed at a time: their counts, with those of the halo, stay in the cache.
const TILE: usize = 256;

/// Writes the medians of windows of `size` x `size` samples of an image of this width and these channels, border mode replicate.
pub(super) fn run(
    level: Level,
    size: usize,
    (width, channels): (usize, usize),
    source: &Source<'_, u8>,
    strip: &mut Strip<'_, u8>,
) {
    let most = TILE.min(width) + size - 1;
    scratch::with(0, (most + 1) * COUNTS, |_, counts| {
        let (window, columns) = counts.as_chunks_mut::<COUNTS>().0.split_at_mut(1);
        for left in (0..width).step_by(TILE) {
            let tile = left..width.min(left + TILE);
            for channel in 0..channels {
                let mut tile = Tile {
                    size,
                    width,
                    channels,
                    channel,
                    columns: &mut columns[..tile.len() + size - 1],
                    tile: tile.clone(),
                };
                tile.run(level, &mut window[0], source, strip);
            }
        }
    });
}

/// Some columns of one channel of the output, with the counts of the columns of their windows.
struct Tile<'c> {
    size: usize,
    /// Columns of the image.
    width: usize,
    channels: usize,
    channel: usize,
    /// The columns of the output.
    tile: Range<usize>,
    /// The counts of the columns from `size / 2` columns before the tile on.
    columns: &'c mut [Counts],
}

impl Tile<'_> {
    fn run(
        &mut self,
        level: Level,
        window: &mut Counts,
        source: &Source<'_, u8>,
        strip: &mut Strip<'_, u8>,
    ) {
        let (frame, rows, radius) = (strip.frame(), strip.rows(), self.size / 2);
        // Row `y` of an image that is extended by `radius` rows above and below.
        let row = |y: usize| source.row(frame, y.saturating_sub(radius).min(source.height() - 1));
        self.columns.as_flattened_mut().fill(0);
        for y in rows.start..rows.start + self.size {
            self.count(row(y), 1);
        }
        for y in rows.clone() {
            if y > rows.start {
                self.count(row(y - 1), u16::MAX);
                self.count(row(y - 1 + self.size), 1);
            }
            let out = strip.row(y);
            dispatch!(level, _ => self.medians(window, out));
        }
    }

    /// Adds `times` to the counts of the samples of a row; 2^16 - 1 takes one away.
    fn count(&mut self, row: &[u8], times: u16) {
        let left = self.tile.start;
        for (index, counts) in self.columns.iter_mut().enumerate() {
            let x = (left + index)
                .saturating_sub(self.size / 2)
                .min(self.width - 1);
            let sample = usize::from(row[x * self.channels + self.channel]);
            for place in [sample / GROUP, 256 / GROUP + sample] {
                counts[place] = counts[place].wrapping_add(times);
            }
        }
    }

    /// Writes the medians of a row.
    #[inline(always)]
    fn medians(&self, window: &mut Counts, out: &mut [u8]) {
        let below = (self.size * self.size / 2) as u32;
        window.fill(0);
        for column in &self.columns[..self.size - 1] {
            replace(window, column, &[0; COUNTS]);
        }
        for (index, x) in self.tile.clone().enumerate() {
            let before = match index.checked_sub(1) {
                Some(before) => &self.columns[before],
                None => &[0; COUNTS],
            };
            replace(window, &self.columns[index + self.size - 1], before);
            out[x * self.channels + self.channel] = median(window, below);
        }
    }
}

/// Adds the counts of one column, and takes away those of another.
#[inline(always)]
fn replace(window: &mut Counts, added: &Counts, removed: &Counts) {
    for place in 0..COUNTS {
        window[place] = window[place]
            .wrapping_add(added[place])
            .wrapping_sub(removed[place]);
    }
}

/// The largest value with at most `most` samples below it.
#[inline(always)]
fn median(window: &Counts, most: u32) -> u8 {
    let (groups, values) = window.split_at(256 / GROUP);
    let (mut below, mut group) = (0, 0);
    while below + u32::from(groups[group]) <= most {
        below += u32::from(groups[group]);
        group += 1;
    }
    let mut value = group * GROUP;
    while below + u32::from(values[value]) <= most {
        below += u32::from(values[value]);
        value += 1;
    }
    value as u8
}
