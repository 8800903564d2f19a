//! The argument structs of the kernels that resample.

use super::fused::SampleArgs;
use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};
use super::operators::ImageParam;

arguments! {
    /// The columns of the output that a block of `resample.cu` makes.
    ResampleTile in "resample" {
        /// The first word of the source that the block reads of each row and channel, a multiple of 4: a word is four pixels.
        word: u32,
        /// The number of words that it reads.
        words: u32,
        /// The index of its first `ResampleGroup`.
        group: u32,
        /// The number of its groups.
        groups: u32,
    }

    /// Eight columns of the output.
    ResampleGroup in "resample" {
        /// The first word of the source that they are made from, a multiple of 4.
        word: u32,
        /// The number of steps of 64 pixels from there on; 0: none of the columns is made from the source.
        steps: u32,
        /// The index of their first word of weights, a multiple of 4. For each step: for each plane of digits: four words for each
        /// lane of a warp, for two matrix instructions.
        weights: u32,
        /// Zero; fills 16 bytes.
        reserved: u32,
    }

    /// A column of the output.
    ResampleColumn in "resample" {
        /// Its position, or -1 for a column that only fills a group.
        x: i32,
        /// 0 for a column that is made from the source. Otherwise it is constant, and where column and row are constant, the one
        /// of the lower rank gives the pixel.
        rank: i32,
        /// The finished pixel of a constant column.
        pixel: u32,
        /// Zero; fills 16 bytes.
        reserved: u32,
    }

    /// A row of the output.
    ResampleLine in "resample" {
        /// Its position.
        y: u32,
        /// 0 for a row that is made from the source; see `ResampleColumn`.
        rank: i32,
        /// The finished pixel of a constant row.
        pixel: u32,
        /// The first four rows of the source that it is made from, in units of four rows.
        first: u32,
        /// The row of the source behind the last one that it is made from.
        end: u32,
        /// The number of words of weights of each plane, each for four rows of the source.
        words: u32,
        /// The index of its first word of weights: for each four rows one of each plane.
        weights: u32,
        /// The row of the ring that has its first four rows of the source.
        slot: u32,
    }

    /// Arguments of the kernels of `resample.cu`. Weights are numbers of two or three digits of base 256, of which the highest is
    /// signed: a plane is one digit of all weights.
    ResampleArgs in "resample" {
        /// The images, colors, threshold and normalization. The source is the rectangle of the images that is read; `tables` is
        /// the address of all tables, a multiple of 16.
        sample: SampleArgs,
        /// The entries `ResampleTile`, in bytes from `tables`, a multiple of 16 like the next ones.
        tiles: u32,
        /// The entries `ResampleGroup`.
        groups: u32,
        /// The entries `ResampleColumn`: eight for each group.
        columns: u32,
        /// The entries `ResampleLine`, ascending by what they read; the constant ones come last.
        lines: u32,
        /// The weights of the columns.
        column_weights: u32,
        /// The weights of the rows.
        line_weights: u32,
        /// Fractional bits of the weights of the columns.
        column_shift: u32,
        /// Fractional bits of the weights of the rows.
        line_shift: u32,
        /// Words of shared memory for a row of one channel, a multiple of 4.
        row_words: u32,
        /// Words of shared memory from a row of all channels to the next: 16 more than a multiple of 32, so that two rows lie in different
        /// banks.
        row_pitch: u32,
        /// Units of four rows that the ring of horizontal results holds.
        ring_rows: u32,
        /// Columns of the ring.
        ring_columns: u32,
        /// Rows of the output that a block makes.
        strip: u32,
        /// The number of entries `ResampleLine`.
        line_count: u32,
        /// The number of those that are not constant.
        sampled_lines: u32,
        /// 1: colors are multiplied with alpha before, and divided by it behind the two passes.
        premultiplied: u32,
    }

    /// One axis of an image of a mixed chain with a resample, from which the kernels compute windows and weights, as the host does
    /// (`crates/ops/src/resample/tables`). Position `o` of the output shows position `d = after_first + after_step * o` of the resized
    /// axis. Numbers of windows in single precision are of that precision.
    ResampleMixedAxis in "resample_mixed" {
        /// The position of the source at which the resized axis begins.
        start: f64,
        /// Source positions for each position of the resized axis.
        scale: f64,
        /// Half the length of a window in source positions.
        support: f64,
        /// The distance in the filter for each source position.
        inverse: f64,
        /// The length of the source.
        length: u32,
        /// The length of the resized axis.
        target: u32,
        /// 1: position `d` is position `start + d` of the source.
        copies: u32,
        /// The first position of the output that shows the source. Those before it are outside.
        first: i32,
        /// The position of the output from which on it is outside the source again.
        end: i32,
        /// Position of the resized axis that position 0 of the output shows. It may lie outside.
        after_first: i32,
        /// 1, or -1 for a flip behind the resample.
        after_step: i32,
        /// Zero; fills the struct, which has no padding.
        reserved: i32,
    }

    /// One image of a mixed chain with a resample, an entry of the table of `resample_mixed.cu`.
    ResampleMixedImage in "resample_mixed" {
        /// Address of the first sample of the rectangle that is resampled. Width and height of it are the lengths of the axes.
        base: u64,
        /// Bytes from a row to the next.
        row_pitch: u64,
        /// The columns.
        columns: ResampleMixedAxis,
        /// The rows.
        lines: ResampleMixedAxis,
        /// The pixel outside the source, as it is before the normalization.
        outside: u32,
        /// 1: colors are multiplied with alpha before, and divided by it behind the two passes.
        premultiplied: u32,
        /// The binary logarithm of the columns of a tile, 3 to 5.
        tile: u32,
        /// Positions of the source that a column of the output is made from, at most.
        column_taps: u32,
        /// The same for the rows.
        line_taps: u32,
        /// Words of shared memory for a row of the source in a tile, a multiple of 4.
        stage_pitch: u32,
    }

    /// Arguments of the kernels of `resample_mixed.cu` and `resample_bits.cu`.
    ResampleMixedArgs in "resample_mixed" {
        /// The images, colors, threshold and normalization. The source is a table with a `ResampleMixedImage` in each frame.
        sample: SampleArgs,
        /// Address of the fractional bits of the weights, two u32 for each image: of the columns and of the rows. Null where all have
        /// `shift`.
        bits: u64,
        /// The filter, one of `ResampleMixedFilter`.
        filter: u32,
        /// Fractional bits of all weights.
        shift: u32,
    }

    /// Arguments of the kernels of `resample_passes.cu`: one pass along one axis.
    ResamplePassArgs in "resample_pass" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Address of the entries `ResampleSpan`, one for each column or row of `dst`.
        spans: u64,
        /// Address of the weights of all spans, i32 or f32.
        weights: u64,
        /// Fractional bits of i32 weights.
        shift: u32,
        /// Bits of `ResampleFlags`.
        flags: u32,
    }

    /// The source positions of a column or row.
    ResampleSpan in "resample_pass" {
        /// The first position.
        first: u32,
        /// The number of positions, and of weights.
        count: u32,
        /// The index of the first weight.
        weight: u32,
    }
}

constants! {
    /// The filters of `ResampleMixedArgs::filter`.
    ResampleMixedFilter in "resample_mixed" {
        /// The mean of the positions within half a position.
        BOX = 0,
        /// A triangle, one position to each side.
        TRIANGLE = 1,
        /// A cubic polynomial with the operations of Pillow, or in single precision those of torch.
        PILLOW_CUBIC = 2,
        /// The same polynomial with the operations of torch.
        TORCH_CUBIC = 3,
    }

    /// The bits of `ResamplePassArgs::flags`.
    ResampleFlags in "resample_pass" {
        /// Colors of the source are multiplied with alpha.
        PREMULTIPLY = 1,
        /// Colors of the result are divided by alpha.
        UNPREMULTIPLY = 2,
    }
}
