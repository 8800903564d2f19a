//! The argument structs of the kernels of `shrink.cu`.

use super::fused::SampleArgs;
use super::layout::{Argument, Field, Kind, Layout, arguments};

arguments! {
    /// The columns of the output that a block of `shrink.cu` makes.
    ShrinkTile in "shrink" {
        /// The first column of the source that the block reads, a multiple of 16.
        pixel: u32,
        /// The number of columns that it reads.
        pixels: u32,
        /// The index of its first `ShrinkPart`.
        part: u32,
        /// The number of its parts, at most one for each warp.
        parts: u32,
        /// The index of its first `ShrinkColumn`.
        column: u32,
        /// The number of its columns.
        columns: u32,
        /// 2^32 divided by that number, rounded up: a factor in place of a division. 0 for a single column.
        inverse: u32,
        /// 1 where its columns are all made from the source and lie side by side in the output, from left to right.
        adjacent: u32,
    }

    /// The part of a warp in the horizontal pass: a group of up to 16 samples of a row of the output, which are the channels of some
    /// columns, or a share of the work for them. The first warp of a group adds the sums of its helpers to its own.
    ShrinkPart in "shrink" {
        /// The first byte in a row of the source that it reads, a multiple of 16, where pixels have the channels that are resampled.
        byte: u32,
        /// The number of steps of 64 bytes from there on, at most 4; 0: none of the columns is made from the source.
        steps: u32,
        /// The index of its weights, in units of 16 bytes. For each step, of gray: for each digit: for each of two instructions
        /// `mma.m16n8k32`: four words for each lane of a warp. Of more channels: for each digit: four words for each lane, for
        /// `mma.sp.m16n8k64`; then a word of metadata for each lane.
        weights: u32,
        /// The number of samples; 0 for a helper.
        samples: u32,
        /// The first sample in a row of the tile.
        place: u32,
        /// The place of the group in the ring; for a helper its place among the helpers of the tile.
        slot: u32,
        /// The number of helpers of the group; 0 for a helper.
        helpers: u32,
        /// The place of the first of them.
        first_helper: u32,
    }

    /// A column of the output.
    ShrinkColumn in "shrink" {
        /// Its position.
        x: u32,
        /// 0 for a column that is made from the source. Otherwise it is constant, and where column and row are constant, the one
        /// of the lower rank gives the pixel.
        rank: i32,
        /// The finished pixel of a constant column.
        pixel: u32,
        /// Zero; fills 16 bytes.
        reserved: u32,
    }

    /// Up to eight rows of the output that are made from the source, and are finished together.
    ShrinkLines in "shrink" {
        /// The round of 16 rows of the source that has the first row that they are made from.
        first: u32,
        /// The round behind the last one.
        end: u32,
        /// The index of their first word of weights. For each round: for each lane of a warp: a word for each digit, and zeros up to
        /// a power of two.
        weights: u32,
        /// The place of the first round in the ring.
        slot: u32,
        /// The index of the first `ShrinkLine`.
        line: u32,
        /// The number of rows.
        lines: u32,
        /// Zeros; they fill 32 bytes.
        reserved: [u32; 2],
    }

    /// A row of the output.
    ShrinkLine in "shrink" {
        /// Its position.
        y: u32,
        /// 0 for a row that is made from the source; see `ShrinkColumn`.
        rank: i32,
        /// The finished pixel of a constant row.
        pixel: u32,
        /// Zero; fills 16 bytes.
        reserved: u32,
    }

    /// Arguments of the kernels of `shrink.cu`. Weights are numbers of two or three digits of base 256, of which the highest is
    /// signed.
    ShrinkArgs in "shrink" {
        /// The images, colors, threshold and normalization. The source is the rectangle of the images that is read; `tables` is
        /// the address of all tables, a multiple of 16.
        sample: SampleArgs,
        /// The entries `ShrinkTile`, in bytes from `tables`, a multiple of 16 like the next ones.
        tiles: u32,
        /// The entries `ShrinkPart`.
        parts: u32,
        /// The entries `ShrinkColumn`.
        columns: u32,
        /// The entries `ShrinkLines`, ascending by what they read.
        line_groups: u32,
        /// The entries `ShrinkLine`, those of each `ShrinkLines` one after the other; the constant ones come last.
        lines: u32,
        /// The weights of the columns.
        column_weights: u32,
        /// The weights of the rows.
        line_weights: u32,
        /// Fractional bits of the weights of the columns.
        column_shift: u32,
        /// Fractional bits of the weights of the rows.
        line_shift: u32,
        /// Rows of the source.
        rows: u32,
        /// Bytes of shared memory from a row of the source to the next: 64 more than a multiple of 128, so that two rows lie in
        /// different banks.
        row_pitch: u32,
        /// Rounds that the ring of horizontal results holds.
        ring_rounds: u32,
        /// Groups that it holds.
        ring_groups: u32,
        /// The most helpers of a tile.
        helpers: u32,
        /// Bytes of shared memory for a row of the output.
        out_pitch: u32,
        /// Entries `ShrinkLines` that a block makes, of one frame and the next ones.
        strip: u32,
        /// The number of entries `ShrinkLines`.
        line_group_count: u32,
        /// The number of entries `ShrinkLine`.
        line_count: u32,
        /// The number of those that are not constant.
        sampled_lines: u32,
        /// Zero; fills a multiple of 8 bytes.
        reserved: u32,
    }
}
