//! The columns of the output: groups of them, whose weights are the first factors of the horizontal pass, and tiles of groups.

use super::weights::{STEP_BYTES, Step};
use crate::fusion::sample::resample::entries::Entries;
use bytemuck::Zeroable;
use pixelflume_kernels::args::{ShrinkColumn, ShrinkPart, ShrinkTile};

/// The most samples of a group: the rows of a matrix instruction.
pub(super) const SAMPLES: u32 = 16;
/// Steps whose weights the registers of a warp hold, `HELD_STEPS` in `shrink_columns.cuh`.
pub(super) const HELD_STEPS: u32 = 4;
/// Bytes that are copied at a time, and pixels whose bytes are a multiple of them: groups and tiles begin at multiples of these.
const UNIT: u32 = 16;

/// Columns whose samples the horizontal pass makes together.
struct Group {
    /// The index of the first one.
    column: u32,
    columns: u32,
    /// The first byte of a row that they are made from, a multiple of 16.
    byte: u32,
    /// The number of steps from there on; 0: all are constant.
    steps: u32,
    /// The index of the first word of the weights.
    weights: u32,
    /// The column of the source behind the last one that they are made from.
    end: u32,
}

/// The columns of the output in groups.
pub(super) struct Groups {
    pub(super) columns: Vec<ShrinkColumn>,
    pub(super) weights: Vec<u32>,
    groups: Vec<Group>,
    channels: u32,
    /// Digits of a weight.
    planes: u32,
}

impl Groups {
    /// Groups of `size` columns, with weights of `planes` digits; `None` if `size` is 0.
    pub(super) fn new(
        entries: &Entries<'_>,
        channels: u32,
        planes: u32,
        size: u32,
    ) -> Option<Self> {
        if size == 0 {
            return None;
        }
        let of_source = entries.sampled.iter().map(|column| ShrinkColumn {
            x: column.at,
            ..Zeroable::zeroed()
        });
        let constant = entries.fixed.iter().map(|column| ShrinkColumn {
            x: column.at,
            rank: column.rank,
            pixel: column.pixel,
            reserved: 0,
        });
        let columns: Vec<_> = of_source.chain(constant).collect();
        let (mut weights, mut groups) = (Vec::new(), Vec::new());
        for start in (0..columns.len()).step_by(size as usize) {
            let count = (columns.len() - start).min(size as usize);
            let sampled = entries.sampled.get(start..).unwrap_or_default();
            let sampled = &sampled[..sampled.len().min(count)];
            let mut group = Group {
                column: start as u32,
                columns: count as u32,
                byte: 0,
                steps: 0,
                weights: weights.len() as u32,
                end: 0,
            };
            if let (Some(first), Some(last)) = (sampled.first(), sampled.last()) {
                group.byte = first.first * channels / UNIT * UNIT;
                group.end = last.end();
                group.steps = (group.end * channels - group.byte).div_ceil(STEP_BYTES);
                for step in 0..group.steps {
                    let step = Step {
                        columns: sampled,
                        channels,
                        byte: group.byte + step * STEP_BYTES,
                        planes,
                    };
                    step.add_to(&mut weights);
                }
            }
            groups.push(group);
        }
        Some(Groups {
            columns,
            weights,
            groups,
            channels,
            planes,
        })
    }
}

/// The tiles of an output.
pub(super) struct Tiles {
    pub(super) tiles: Vec<ShrinkTile>,
    pub(super) parts: Vec<ShrinkPart>,
    /// Bytes of shared memory for a row of the source.
    pub(super) row_bytes: u32,
    /// Bytes of shared memory for a row of the output: planes that begin with the byte of a column at a multiple of four.
    pub(super) out_bytes: u32,
    /// The most groups, helpers and parts of a tile.
    pub(super) ring_groups: u32,
    pub(super) helpers: u32,
    pub(super) warps: u32,
}

impl Tiles {
    /// Tiles of at most `warps` parts, which are as equal as groups allow; `None` where a group has more parts.
    pub(super) fn new(groups: &Groups, warps: u32) -> Option<Self> {
        let parts = |group: &Group| group.steps.div_ceil(HELD_STEPS).max(1);
        if groups.groups.iter().any(|group| parts(group) > warps) {
            return None;
        }
        let all: u32 = groups.groups.iter().map(parts).sum();
        let most = all.div_ceil(all.div_ceil(warps)).max(1);
        let mut tiles = Tiles {
            tiles: Vec::new(),
            parts: Vec::new(),
            row_bytes: 0,
            out_bytes: 0,
            ring_groups: 0,
            helpers: 0,
            warps: 1,
        };
        let mut rest = groups.groups.as_slice();
        while let Some(first) = rest.first() {
            let mut sum = 0;
            let count = rest.iter().take_while(|group| {
                sum += parts(group);
                sum <= most
            });
            // A group of many parts can be alone in a tile.
            let count = count.count().max(1);
            let (tile, others) = rest.split_at(count);
            tiles.add(tile, first.column, groups);
            rest = others;
        }
        Some(tiles)
    }

    /// Adds a tile of these groups.
    fn add(&mut self, groups: &[Group], column: u32, all: &Groups) {
        let channels = all.channels;
        let sampled = || groups.iter().filter(|group| group.steps > 0);
        let pixel = sampled().map(|group| group.byte / channels / UNIT * UNIT);
        let pixel = pixel.min().unwrap_or(0);
        let end = sampled().map(|group| group.end).max().unwrap_or(pixel);
        // The last step of a group reads bytes behind the pixels of its columns, with weights of 0.
        let end_of_steps = |group: &Group| group.byte + group.steps * STEP_BYTES;
        let bytes = sampled().map(end_of_steps).max().unwrap_or(0);
        let columns: u32 = groups.iter().map(|group| group.columns).sum();

        let part = self.parts.len() as u32;
        let mut helpers = 0;
        for (slot, group) in groups.iter().enumerate() {
            let own = group.steps.div_ceil(HELD_STEPS);
            for index in 0..own {
                let first = index * HELD_STEPS;
                let share = ShrinkPart {
                    byte: group.byte + first * STEP_BYTES,
                    steps: (group.steps - first).min(HELD_STEPS),
                    weights: (group.weights + first * Step::words(channels, all.planes)) / 4,
                    ..Zeroable::zeroed()
                };
                self.parts.push(match index {
                    0 => ShrinkPart {
                        samples: group.columns * channels,
                        place: (group.column - column) * channels,
                        slot: slot as u32,
                        helpers: own - 1,
                        first_helper: helpers,
                        ..share
                    },
                    _ => ShrinkPart {
                        slot: helpers + index - 1,
                        ..share
                    },
                });
            }
            helpers += own.saturating_sub(1);
        }
        let parts = self.parts.len() as u32 - part;
        self.row_bytes = self.row_bytes.max(bytes.saturating_sub(pixel * channels));
        let own = &all.columns[column as usize..][..columns as usize];
        let left = own.first().map_or(0, |column| column.x);
        let adjacent = (left..)
            .zip(own)
            .all(|(x, column)| column.rank == 0 && column.x == x);
        let plane = (left % 4 + columns).next_multiple_of(4);
        self.out_bytes = self.out_bytes.max(plane * channels);
        self.ring_groups = self.ring_groups.max(groups.len() as u32);
        self.helpers = self.helpers.max(helpers);
        self.warps = self.warps.max(parts);
        self.tiles.push(ShrinkTile {
            pixel,
            pixels: end - pixel,
            part,
            parts,
            column,
            columns,
            inverse: match columns {
                0 | 1 => 0,
                _ => (1u64 << 32).div_ceil(u64::from(columns)) as u32,
            },
            adjacent: adjacent.into(),
        });
    }
}
