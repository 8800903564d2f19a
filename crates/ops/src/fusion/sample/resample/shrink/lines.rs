//! The rows of the output: groups of them, whose weights are the second factors of the vertical pass.

use super::geometry::ROWS;
use crate::fusion::sample::resample::entries::{Entries, Sampled, digit};
use bytemuck::Zeroable;
use pixelflume_kernels::args::{ShrinkLine, ShrinkLines};

/// The most rows of a group: the columns of a matrix instruction.
pub(super) const LINES: usize = 8;

/// The rows of the output in groups.
pub(super) struct Lines {
    pub(super) groups: Vec<ShrinkLines>,
    pub(super) entries: Vec<ShrinkLine>,
    pub(super) weights: Vec<u32>,
    /// The most rounds of the source that a group is made from.
    pub(super) ring_rounds: u32,
}

impl Lines {
    /// Groups of `size` rows, with weights of `planes` digits.
    pub(super) fn new(entries: &Entries<'_>, planes: u32, size: usize) -> Self {
        let rounds = |lines: &[Sampled<'_>]| match (lines.first(), lines.last()) {
            (Some(first), Some(last)) => first.first / ROWS..last.end().div_ceil(ROWS),
            _ => 0..0,
        };
        let all = || entries.sampled.chunks(size);
        let ring_rounds = all().map(|lines| rounds(lines).len()).max().unwrap_or(0);
        let ring_rounds = ring_rounds.max(1) as u32;
        let (mut groups, mut weights) = (Vec::new(), Vec::new());
        for (index, lines) in all().enumerate() {
            let rounds = rounds(lines);
            groups.push(ShrinkLines {
                first: rounds.start,
                end: rounds.end,
                weights: weights.len() as u32,
                slot: rounds.start % ring_rounds,
                line: (index * size) as u32,
                lines: lines.len() as u32,
                reserved: [0; 2],
            });
            for round in rounds {
                fragment(lines, round * ROWS, planes, &mut weights);
            }
        }
        let of_source = entries.sampled.iter().map(|line| ShrinkLine {
            y: line.at,
            ..Zeroable::zeroed()
        });
        let constant = entries.fixed.iter().map(|line| ShrinkLine {
            y: line.at,
            rank: line.rank,
            pixel: line.pixel,
            reserved: 0,
        });
        Lines {
            groups,
            entries: of_source.chain(constant).collect(),
            weights,
            ring_rounds,
        }
    }
}

/// The weights of eight rows at 16 rows of the source as the lanes of a warp take them, for `mma.m16n8k16`: lane `l` has row `l / 4`,
/// and the four rows of the source from `4 (l % 4)` on, as a word for each digit. Two digits are two words, three are four.
fn fragment(lines: &[Sampled<'_>], first: u32, planes: u32, weights: &mut Vec<u32>) {
    for lane in 0..32 {
        let line = lines.get(lane as usize / 4);
        let row = first + 4 * (lane % 4);
        for plane in 0..planes.next_power_of_two() {
            let byte = |i| match line {
                Some(line) if plane < planes => digit(line.weight(row + i), plane, planes),
                _ => 0,
            };
            weights.push(u32::from_le_bytes([0, 1, 2, 3].map(byte)));
        }
    }
}
