//! The tables of the kernels of `resample.cu`: the columns in groups of eight, in tiles, the rows, and the weights as digits.

use super::blob::Blob;
use super::entries::{Entries, Sampled, digit};
use super::geometry::{Geometry, SHARED_BYTES, STEP};
use crate::fusion::sample::chain::{Chain, ChainResample};
use bytemuck::Zeroable;
use pixelflume_kernels::args::{
    ResampleArgs, ResampleColumn, ResampleGroup, ResampleLine, ResampleTile,
};

/// Columns of a group.
const GROUP: usize = 8;
/// The most groups of a tile: one for each warp of a block.
const MOST_GROUPS: usize = 8;
/// Source positions of a step: those of two matrix instructions.
const POSITIONS: u32 = 64;
/// Words that are loaded at a time: tiles and groups begin at multiples of them.
const UNIT: u32 = 4;
/// Pixels, or rows, in a word.
const WORD: u32 = 4;

/// The tables of a plan, and the arguments that describe them.
pub(super) struct Tables {
    pub(super) bytes: Vec<u8>,
    /// Offsets, shifts and sizes; the rest is zero.
    pub(super) args: ResampleArgs,
    pub(super) geometry: Geometry,
    /// Digits of a weight: 2 or 3.
    pub(super) planes: u32,
}

impl Tables {
    /// The tables of a chain; `channels` are those that are resampled.
    pub(super) fn new(
        chain: &Chain,
        resample: &ChainResample,
        channels: u32,
    ) -> Result<Self, String> {
        let columns = Entries::new(&chain.columns, resample.tables.columns.as_ref())?;
        let lines = Entries::new(&chain.lines, resample.tables.lines.as_ref())?;
        let planes = columns.planes().max(lines.planes());

        let (mut column_entries, groups, column_weights) = grouped(&columns, planes);
        let ends = group_ends(&columns, groups.len());
        let (line_entries, line_weights, ring_rows) = packed_lines(&lines, planes);

        // Tiles of nearly equal size, the largest that fit shared memory.
        let tiling = (1..=MOST_GROUPS).rev().find_map(|most| {
            let count = groups.len().div_ceil(most);
            let tile = groups.len().div_ceil(count);
            let tiles = Tiles::new(&groups, &ends, tile);
            let row_pitch = (channels * tiles.row_words + 16).next_multiple_of(32) - 16;
            let ring_columns = (tile * GROUP) as u32;
            let ring = u64::from(ring_rows) * u64::from(channels) * u64::from(ring_columns);
            let bytes = (u64::from(STEP) * u64::from(row_pitch) + ring) * 4;
            let fits = bytes <= u64::from(SHARED_BYTES);
            fits.then_some((tiles, row_pitch, ring_columns, bytes as u32))
        });
        let Some((tiles, row_pitch, ring_columns, shared_bytes)) = tiling else {
            return Err(format!(
                "eight columns of its output are made from more pixels than the {SHARED_BYTES} bytes of shared memory hold"
            ));
        };
        column_entries.resize(groups.len() * GROUP, filler());

        let mut blob = Blob::default();
        let args = ResampleArgs {
            tiles: blob.add(&tiles.tiles)?,
            groups: blob.add(&groups)?,
            columns: blob.add(&column_entries)?,
            lines: blob.add(&line_entries)?,
            column_weights: blob.add(&column_weights)?,
            line_weights: blob.add(&line_weights)?,
            column_shift: columns.shift,
            line_shift: lines.shift,
            row_words: tiles.row_words,
            row_pitch,
            ring_rows,
            ring_columns,
            line_count: line_entries.len() as u32,
            sampled_lines: lines.sampled.len() as u32,
            ..ResampleArgs::zeroed()
        };
        let taps = lines.sampled.iter().map(|line| line.weights.len()).max();
        Ok(Tables {
            bytes: blob.bytes,
            args,
            geometry: Geometry {
                tiles: tiles.tiles.len() as u32,
                lines: line_entries.len() as u32,
                rows: resample.size.1,
                taps: taps.unwrap_or(0) as u32,
                shared_bytes,
            },
            planes,
        })
    }
}

/// A column that only fills a group.
fn filler() -> ResampleColumn {
    ResampleColumn {
        x: -1,
        ..Zeroable::zeroed()
    }
}

/// The columns, the groups of eight of them, and their weights.
fn grouped(
    columns: &Entries<'_>,
    planes: u32,
) -> (Vec<ResampleColumn>, Vec<ResampleGroup>, Vec<u32>) {
    let of_source = columns.sampled.iter().map(|column| ResampleColumn {
        x: column.at as i32,
        ..Zeroable::zeroed()
    });
    let constant = columns.fixed.iter().map(|column| ResampleColumn {
        x: column.at as i32,
        rank: column.rank,
        pixel: column.pixel,
        reserved: 0,
    });
    let entries: Vec<_> = of_source.chain(constant).collect();
    let mut weights = Vec::new();
    let mut groups = Vec::with_capacity(entries.len().div_ceil(GROUP));
    for start in (0..entries.len()).step_by(GROUP) {
        let sampled = columns.sampled.get(start..).unwrap_or_default();
        let sampled = &sampled[..sampled.len().min(GROUP)];
        let mut group = ResampleGroup::zeroed();
        if let (Some(first), Some(last)) = (sampled.first(), sampled.last()) {
            group.word = first.first / (WORD * UNIT) * UNIT;
            group.steps = (last.end() - group.word * WORD).div_ceil(POSITIONS);
            group.weights = weights.len() as u32;
            for step in 0..group.steps {
                let position = group.word * WORD + step * POSITIONS;
                for plane in 0..planes {
                    fragment(sampled, position, (plane, planes), &mut weights);
                }
            }
        }
        groups.push(group);
    }
    (entries, groups, weights)
}

/// The weights of 64 positions by 8 columns as the lanes of a warp take them: four words for each lane, for two instructions
/// `mma.m16n8k32`. Lane `l` has column `l / 4`, and the 16 positions from `16 (l % 4)` on. The instruction adds up products of
/// positions in any order, so that pixels and weights need only be in the same one: a lane takes 16 pixels with one load.
fn fragment(
    columns: &[Sampled<'_>],
    position: u32,
    (plane, planes): (u32, u32),
    weights: &mut Vec<u32>,
) {
    for lane in 0..32 {
        for word in 0..4 {
            let bytes = [0, 1, 2, 3].map(|byte| {
                let at = position + 16 * (lane % 4) + WORD * word + byte;
                let column = columns.get(lane as usize / 4);
                column.map_or(0, |column| digit(column.weight(at), plane, planes))
            });
            weights.push(u32::from_le_bytes(bytes));
        }
    }
}

/// For each group the word of the source behind the last one that its columns are made from.
fn group_ends(columns: &Entries<'_>, groups: usize) -> Vec<u32> {
    let mut ends = vec![0; groups];
    for (index, column) in columns.sampled.iter().enumerate() {
        ends[index / GROUP] = column.end().div_ceil(WORD);
    }
    ends
}

/// The rows, their weights, and the rows of the ring: what a row of the output needs, and a step of a block.
fn packed_lines(lines: &Entries<'_>, planes: u32) -> (Vec<ResampleLine>, Vec<u32>, u32) {
    let words = |line: &Sampled<'_>| line.end().div_ceil(WORD) - line.first / WORD;
    let ring_rows = lines.sampled.iter().map(words).max().unwrap_or(0) + STEP / WORD;
    let mut weights = Vec::new();
    let mut entries = Vec::with_capacity(lines.sampled.len() + lines.fixed.len());
    for line in &lines.sampled {
        let first = line.first / WORD;
        let words = words(line);
        entries.push(ResampleLine {
            y: line.at,
            first,
            end: line.end(),
            words,
            weights: weights.len() as u32,
            slot: first % ring_rows,
            ..Zeroable::zeroed()
        });
        for word in first..first + words {
            for plane in 0..planes {
                let byte = |row| digit(line.weight(word * WORD + row), plane, planes);
                weights.push(u32::from_le_bytes([0, 1, 2, 3].map(byte)));
            }
        }
    }
    entries.extend(lines.fixed.iter().map(|line| ResampleLine {
        y: line.at,
        rank: line.rank,
        pixel: line.pixel,
        ..Zeroable::zeroed()
    }));
    (entries, weights, ring_rows)
}

/// The tiles of an output.
struct Tiles {
    tiles: Vec<ResampleTile>,
    /// Words of shared memory for a row of one channel.
    row_words: u32,
}

impl Tiles {
    /// Tiles of `size` groups, whose columns are made from words of the source before `ends`.
    fn new(groups: &[ResampleGroup], ends: &[u32], size: usize) -> Self {
        let mut row_words = 0;
        let tiles = groups.chunks(size).zip(ends.chunks(size)).enumerate();
        let tiles = tiles.map(|(index, (groups, ends))| {
            let sampled = || groups.iter().filter(|group| group.steps > 0);
            let word = sampled().map(|group| group.word).min().unwrap_or(0);
            let end = ends.iter().copied().max().unwrap_or(0).max(word);
            // The last step of a group reads words behind the pixels of its columns, with weights of 0.
            let end_of_steps = |group: &ResampleGroup| group.word + group.steps * POSITIONS / WORD;
            let all = sampled().map(end_of_steps).max().unwrap_or(word);
            row_words = row_words.max(all - word);
            ResampleTile {
                word,
                words: end - word,
                group: (index * size) as u32,
                groups: groups.len() as u32,
            }
        });
        Tiles {
            tiles: tiles.collect(),
            row_words,
        }
    }
}
