//! The argument structs of kernels that compute chains of operators.

use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};
use super::operators::ImageParam;

arguments! {
    /// A color conversion of packed pixels: a weighted sum of the bytes, if any, and then a permutation of them.
    ColorMapArgs in "sample" {
        /// 1: byte 0 becomes the weighted sum of the bytes, and the other bytes become 0.
        has_luma: u32,
        /// Weights of bytes 0 (low half) and 1 in 1/65536.
        weights_low: u32,
        /// Weights of bytes 2 (low half) and 3 in 1/65536.
        weights_high: u32,
        /// For each byte of the result a nibble, the lowest for byte 0: 0 to 3 a byte of the pixel, 4 the number 255.
        permutation: u32,
    }

    /// The table of a normalization as f32 operations, which cost less than a look-up: the number of a sample `p` of channel `c` is
    /// `u * reciprocal[c]` with `u = t * multiplier[c] + summand[c]` and `t = p * factor`, where each of the three is rounded once.
    /// The products of `factor` and `reciprocal` are those of numbers of 48 bits, each in two parts: `fma(x, high, x * low)`.
    NormalizeSteps in "sample" {
        /// The factor of all samples, rounded to f32.
        factor: f32,
        /// The rest of that factor.
        factor_low: f32,
        /// Multiplier of each channel.
        multiplier: [f32; 4],
        /// Summand of each channel.
        summand: [f32; 4],
        /// Last factor of each channel, rounded to f32.
        reciprocal: [f32; 4],
        /// The rest of that factor.
        reciprocal_low: [f32; 4],
    }

    /// Arguments of the kernels of `sample_mixed.cu`, `sample_rows.cu` and `sample_taps.cu`.
    SampleArgs in "sample" {
        /// The images read: u8, interleaved, of 1, 3 or 4 channels; for `sample_rows.cu` the rectangle of them that is read, and for
        /// `sample_mixed.cu` a table with a `MixedImage` in each frame.
        src: ImageParam,
        /// The images written. Planes are `height` rows apart.
        dst: ImageParam,
        /// Address of the tables, a multiple of 16; unused by `sample_rows.cu`, `sample_mixed.cu` and `resample_mixed.cu`.
        /// For `sample_taps.cu` the entries `Tap`: `dst.width` for the columns, then `dst.height` for the rows. Weights of 0 stand for a
        /// position outside the source: `index1` is then the finished pixel and `index0` a negative rank; where column and row are both
        /// outside, the one of the lower rank gives the pixel.
        tables: u64,
        /// The color conversion before the taps.
        before: ColorMapArgs,
        /// The color conversion after the taps.
        after: ColorMapArgs,
        /// The normalization, for floating-point output.
        normalize: NormalizeSteps,
        /// The threshold, the same in each byte.
        thresholds: u32,
        /// What samples above the threshold become, the same in each byte.
        maxima: u32,
        /// Which steps there are: the bits of `SampleFlags`.
        flags: u32,
        /// The pixel that `sample_scattered` takes for a negative index, as it is after `before`.
        outside: u32,
    }

    /// One axis of an image of a mixed batch, from which `sample_mixed.cu` computes the taps: a gather, a bilinear resize, and another
    /// gather. Position `o` of the output shows position `d = after_first + after_step * o` of the resized axis, of which the taps
    /// have positions `i`; these are the positions `before_first + before_step * i` of the source.
    MixedAxis in "sample_mixed" {
        /// The length of the axis in lengths of the resized axis; 1 without a resize.
        scale: f64,
        /// The last position of the axis that is resized.
        last: i32,
        /// The first position of the output that shows the source. Those before it are outside.
        first: i32,
        /// The position of the output from which on it is outside the source again.
        end: i32,
        /// Position of the resized axis that position 0 of the output shows. It may lie outside.
        after_first: i32,
        /// 1, or -1 for a flip behind the resize.
        after_step: i32,
        /// Position of the source that position 0 of the axis shows.
        before_first: i32,
        /// 1, or -1 for a flip before the resize.
        before_step: i32,
        /// Zero; fills the struct, which has no padding.
        reserved: i32,
    }

    /// One image of a mixed batch, an entry of the table of `sample_mixed.cu`. Its bytes lie in rows of `width` pixels; those of NV12
    /// frames are the rows of Y and those of U and V.
    MixedImage in "sample_mixed" {
        /// Address of the first sample.
        base: u64,
        /// Bytes from a row to the next.
        row_pitch: u64,
        /// Pixels of a row.
        width: u32,
        /// Rows in memory.
        height: u32,
        /// The pixel outside the source, as it is before the normalization.
        outside: u32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
        /// The columns.
        columns: MixedAxis,
        /// The rows.
        lines: MixedAxis,
    }

    /// Arguments of the kernels of `sample_words.cu`. Step k of the output, counted from 0, is source row
    /// `row + row_step * k`, or the nearest one from `low` to `high`.
    SampleWordsArgs in "sample_words" {
        /// The images read: u8, interleaved, of 1, 3 or 4 channels.
        src: ImageParam,
        /// The images written: u8, interleaved.
        dst: ImageParam,
        /// Address of the tables, a multiple of 16: a `WordTile` for each block along a row, a `WordTap` for each word of an output
        /// row, a `LineTap` for each row of the output.
        tables: u64,
        /// Rows of the output that a block makes.
        strip: u32,
        /// The source row of step 0; it may lie outside of the image.
        row: i32,
        /// 1, or -1 for an image that is upside down.
        row_step: i32,
        /// The first source row that is read.
        low: i32,
        /// The last source row that is read.
        high: i32,
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// The part of a source row that the threads of a block of `sample_words.cu` read, in chunks of 16 bytes.
    WordTile in "sample_words" {
        /// The first byte, a multiple of 16.
        first: u32,
        /// The number of chunks, at most that of the threads.
        chunks: u32,
        /// 65536 divided by `chunks`, rounded up: the product with the number of a thread has its quotient by `chunks` in the upper half.
        reciprocal: u32,
        /// Rows of which the threads load all chunks at a time.
        rows: u32,
    }

    /// The source of four consecutive samples of an output row. Behind the end of the output row the last sample is repeated.
    WordTap in "sample_words" {
        /// The byte of the tile for each sample. The second byte of the sample lies one pixel further.
        bytes: [u32; 4],
        /// For each sample the weights of its two bytes in 1/2048, that of the first in the low half.
        weights: [u32; 4],
    }

    /// The source of an output row: the rows of its step and of the step before it.
    LineTap in "sample_words" {
        /// The step, at least 1; it grows from row to row.
        step: i32,
        /// Weight of the one of the two steps that is even: a multiple of 1/2048, times 2^-9.
        even: f32,
        /// Weight of the one that is odd, in the same unit.
        odd: f32,
        /// The number to which the kernel adds the two products: 1.5 * 2^23 + 2 less 2^27 times both weights.
        start: f32,
    }

    /// Taps of a Gaussian blur as the stencil kernels for 7 and 9 taps take them, each below 256, centered among 7 or 9 by zeros.
    StencilTaps in "stencil" {
        /// From the outermost tap to the center one: the other half mirrors them.
        to_center: [u32; 5],
        /// All taps, a byte each: t0, t1, t2, ...
        packed: [u32; 3],
        /// The same taps one byte later: 0, t0, t1, ...
        packed_later: [u32; 3],
        /// Zero; fills the struct, which has no padding.
        reserved: u32,
    }

    /// Arguments of the kernels of `stencil.cu`: `src` and `dst` have one size and batch and must not overlap.
    StencilArgs in "stencil" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Rows of the result that each warp computes, at least 1.
        rows: u32,
        /// 1: each sample `p` of the result becomes `p > threshold ? maximum : 0`.
        select: u32,
        /// 0 to 255.
        threshold: u32,
        /// 0 to 255.
        maximum: u32,
        /// Twice the weights of gray, two in a word, the first in the low half: (w0, w1), (w2, 0), (0, w0), (w1, w2), with w0
        /// for the first channel.
        gray: [u32; 4],
        /// The taps of the blur.
        taps: StencilTaps,
    }
}

constants! {
    /// The bits of `SampleArgs::flags`.
    SampleFlags in "sample" {
        /// Colors are converted before the taps.
        BEFORE = 1,
        /// Colors are converted after the taps.
        AFTER = 2,
        /// Samples are compared with a threshold.
        THRESHOLD = 4,
        /// The output is f32.
        F32_SAMPLES = 8,
        /// The output is f16.
        F16_SAMPLES = 16,
        /// The output is planar.
        PLANAR = 32,
        /// The taps are those of a resize to half the size.
        HALVED = 64,
        /// The output is bf16.
        BF16_SAMPLES = 128,
    }
}

impl NormalizeSteps {
    /// The number of a sample of a channel, by the operations of the kernels.
    ///
    /// # Panics
    /// When there is no such channel: there are 4.
    pub fn number(&self, channel: usize, sample: u8) -> f32 {
        let product = |x: f32, high: f32, low: f32| x.mul_add(high, x * low);
        let scaled = product(f32::from(sample), self.factor, self.factor_low);
        let moved = scaled.mul_add(self.multiplier[channel], self.summand[channel]);
        product(
            moved,
            self.reciprocal[channel],
            self.reciprocal_low[channel],
        )
    }
}

impl StencilTaps {
    /// These taps in the middle of `size` taps, with zeros around them. `size` is odd, at most 9, and at least the number of taps.
    ///
    /// # Panics
    /// When there are more than `size` taps, or `size` is more than 9.
    pub fn new(taps: &[u8], size: usize) -> Self {
        let (mut all, mut later) = ([0; 12], [0; 12]);
        let start = (size - taps.len()) / 2;
        all[start..start + taps.len()].copy_from_slice(taps);
        later[1..].copy_from_slice(&all[..11]);
        let words = |bytes: [u8; 12]| {
            let (words, _) = bytes.as_chunks();
            [0, 1, 2].map(|word: usize| u32::from_le_bytes(words[word]))
        };
        let mut to_center = [0; 5];
        for (tap, &byte) in to_center.iter_mut().zip(&all[..=size / 2]) {
            *tap = byte.into();
        }
        StencilTaps {
            to_center,
            packed: words(all),
            packed_later: words(later),
            reserved: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_are_centered_between_zeros() {
        let taps = StencilTaps::new(&[30, 196, 31], 7);
        assert_eq!(taps.to_center, [0, 0, 30, 196, 0]);
        assert_eq!(taps.packed, [30 << 16 | 196 << 24, 31, 0]);
        assert_eq!(taps.packed_later, [30 << 24, 196 | 31 << 8, 0]);
    }

    #[test]
    fn nine_taps_fill_every_byte() {
        let taps = StencilTaps::new(&[1, 2, 3, 4, 5, 4, 3, 2, 1], 9);
        assert_eq!(taps.to_center, [1, 2, 3, 4, 5]);
        assert_eq!(taps.packed, [0x0403_0201, 0x0203_0405, 1]);
        assert_eq!(taps.packed_later, [0x0302_0100, 0x0304_0504, 0x0102]);
    }
}
