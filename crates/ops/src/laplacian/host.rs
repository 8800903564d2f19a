//! The host executor of `laplacian`.

use crate::host::border::{pad_row, reflect};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::LaplacianArgs;
use std::marker::PhantomData;

/// The fewest bytes of input that are worth a strip of their own.
const LEAST_BYTES: usize = 32 * 1024;

/// A type of output samples.
pub(crate) trait LaplacianSample: Pod + Send + Sync {
    /// The sample for a value from -1020 to 1020.
    fn of(value: i16) -> Self;
}

impl LaplacianSample for i16 {
    #[inline(always)]
    fn of(value: i16) -> Self {
        value
    }
}

impl LaplacianSample for u8 {
    #[inline(always)]
    fn of(value: i16) -> Self {
        value.clamp(0, 255) as u8
    }
}

/// The host executor of [`Laplacian`](crate::Laplacian).
pub(crate) struct LaplacianHost<T> {
    level: Level,
    target: PhantomData<T>,
}

impl<T> LaplacianHost<T> {
    pub(crate) fn new(level: Level) -> Self {
        let target = PhantomData;
        LaplacianHost { level, target }
    }
}

impl<T: LaplacianSample> StripKernel for LaplacianHost<T> {
    type Args = LaplacianArgs;
    type Source = u8;
    type Target = T;

    fn images(args: &LaplacianArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &LaplacianArgs) -> usize {
        LEAST_BYTES.div_ceil(args.src.width as usize * args.src.channels as usize)
    }

    fn halo(&self, _args: &LaplacianArgs) -> Option<usize> {
        Some(1)
    }

    fn run(&self, args: &LaplacianArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        let (width, channels) = (args.src.width as usize, args.src.channels as usize);
        let samples = width * channels;
        let stride = whole_blocks(samples) + 2 * channels;
        let frame = strip.frame();
        scratch::with(3 * stride, 0, |rows, _| {
            for y in strip.rows() {
                for (k, row) in rows.chunks_exact_mut(stride).enumerate() {
                    let y = reflect((y + k) as isize - 1, source.height());
                    row[channels..channels + samples].copy_from_slice(source.row(frame, y));
                }
                pad_row(&mut rows[stride..2 * stride], width, channels, 1);
                let out = strip.row(y);
                dispatch!(self.level, _ => laplacian_row(channels, stride, rows, out));
            }
        });
    }
}

/// Computes a row of the output. `rows` are the source rows above, at and below it, `stride` samples apart, each with one pixel of
/// border on either side.
#[inline(always)]
fn laplacian_row<T: LaplacianSample>(channels: usize, stride: usize, rows: &[u8], out: &mut [T]) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let at = |row: usize, column: usize| block(rows, row * stride + start + column * channels);
        let (above, below, middle) = (at(0, 1), at(2, 1), at(1, 1));
        let (left, right) = (at(1, 0), at(1, 2));
        let mut values = [T::zeroed(); BLOCK];
        for i in 0..BLOCK {
            let around = i16::from(above[i])
                + i16::from(below[i])
                + i16::from(left[i])
                + i16::from(right[i]);
            values[i] = T::of(around - 4 * i16::from(middle[i]));
        }
        store(out, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::{ImageShape, SampleType};
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            let args = |output| {
                move |src, dst| LaplacianArgs {
                    src,
                    dst,
                    clamp: output,
                    reserved: 0,
                }
            };
            same_at_all_levels("laplacian", channels, shape, args(1), |level| {
                Arc::new(HostCode(LaplacianHost::<u8>::new(level)))
            });
            let sample = SampleType::I16;
            let signed = ImageShape { sample, ..shape };
            same_at_all_levels("laplacian", channels, signed, args(0), |level| {
                Arc::new(HostCode(LaplacianHost::<i16>::new(level)))
            });
        }
    }
}
