//! The tables of the kernels of `shrink.cu`, one after the other in one block of memory.

use super::columns::{Groups, SAMPLES, Tiles};
use super::geometry::{Geometry, ROWS, SHARED_BYTES, STAGES, resident_warps, warps};
use super::lines::{LINES, Lines};
use crate::fusion::sample::chain::{Chain, ChainResample};
use crate::fusion::sample::resample::blob::Blob;
use crate::fusion::sample::resample::entries::Entries;
use bytemuck::Zeroable;
use pixelflume_kernels::args::ShrinkArgs;

/// Bytes that a warp has for the results of a round in the ring: two words for each lane.
const RING_BYTES: u32 = 256;
/// Bytes of the sums that a warp gives to another one: eight words for each lane.
const HELPER_BYTES: u32 = 1024;

/// The tables of a plan, and the arguments that describe them.
pub(super) struct Tables {
    pub(super) bytes: Vec<u8>,
    /// Offsets, shifts and sizes; the rest is zero.
    pub(super) args: ShrinkArgs,
    pub(super) geometry: Geometry,
    /// Digits of a weight: 2 or 3.
    pub(super) planes: u32,
}

/// Groups of columns and rows, and tiles of them, that fit shared memory.
struct Fitting {
    groups: Groups,
    tiles: Tiles,
    lines: Lines,
    /// Bytes of shared memory from a row of the source to the next, and for a row of the output.
    pitches: (u32, u32),
    shared_bytes: u32,
}

impl Tables {
    /// The tables of a chain; `channels` are those that are resampled.
    pub(super) fn new(
        chain: &Chain,
        resample: &ChainResample,
        channels: u32,
    ) -> Result<Self, String> {
        let columns = Entries::new(&chain.columns, resample.tables.columns.as_ref())?;
        let rows = Entries::new(&chain.lines, resample.tables.lines.as_ref())?;
        let planes = columns.planes().max(rows.planes());
        let Some(fitting) = fitting(&columns, &rows, channels, planes) else {
            return Err(format!(
                "a column of its output is made from more pixels than the {SHARED_BYTES} bytes of shared memory hold"
            ));
        };
        let Fitting {
            groups,
            tiles,
            lines,
            pitches: (row_pitch, out_pitch),
            shared_bytes,
        } = fitting;

        let mut blob = Blob::default();
        let args = ShrinkArgs {
            tiles: blob.add(&tiles.tiles)?,
            parts: blob.add(&tiles.parts)?,
            columns: blob.add(&groups.columns)?,
            line_groups: blob.add(&lines.groups)?,
            lines: blob.add(&lines.entries)?,
            column_weights: blob.add(&groups.weights)?,
            line_weights: blob.add(&lines.weights)?,
            column_shift: columns.shift,
            line_shift: rows.shift,
            rows: resample.size.1,
            row_pitch,
            ring_rounds: lines.ring_rounds,
            ring_groups: tiles.ring_groups,
            helpers: tiles.helpers,
            out_pitch,
            line_group_count: lines.groups.len() as u32,
            line_count: lines.entries.len() as u32,
            sampled_lines: rows.sampled.len() as u32,
            ..ShrinkArgs::zeroed()
        };
        Ok(Tables {
            bytes: blob.bytes,
            args,
            geometry: Geometry {
                tiles: tiles.tiles.len() as u32,
                groups: lines.groups.len() as u32,
                constant: rows.fixed.len() as u32,
                rows: resample.size.1,
                rounds: lines.ring_rounds,
                warps: tiles.warps,
                resident: (resident_warps(planes) / tiles.warps).max(1),
                shared_bytes,
            },
            planes,
        })
    }
}

/// The largest groups and tiles that fit shared memory: a pass over many pixels leaves room for few columns and rows.
fn fitting(
    columns: &Entries<'_>,
    rows: &Entries<'_>,
    channels: u32,
    planes: u32,
) -> Option<Fitting> {
    (0..5).find_map(|halvings: u32| {
        let groups = Groups::new(columns, channels, planes, (SAMPLES / channels) >> halvings)?;
        let lines = Lines::new(rows, planes, LINES >> halvings.min(3));
        let (tiles, pitches, shared_bytes) = warps(planes).iter().find_map(|&warps| {
            let tiles = Tiles::new(&groups, warps)?;
            // Two rows that a warp reads at a time lie in different banks.
            let row_pitch = (tiles.row_bytes + 64).next_multiple_of(128) - 64;
            let out_pitch = tiles.out_bytes.next_multiple_of(16);
            let bytes = [
                u64::from(STAGES * ROWS) * u64::from(row_pitch),
                u64::from(lines.ring_rounds) * u64::from(tiles.ring_groups * RING_BYTES),
                u64::from(tiles.helpers * HELPER_BYTES),
                2 * LINES as u64 * u64::from(out_pitch),
            ];
            let bytes: u64 = bytes.iter().sum();
            let fits = bytes <= u64::from(SHARED_BYTES);
            fits.then_some((tiles, (row_pitch, out_pitch), bytes as u32))
        })?;
        Some(Fitting {
            groups,
            tiles,
            lines,
            pitches,
            shared_bytes,
        })
    })
}
