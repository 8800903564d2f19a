//! The host executor of `filter2d`: a rolling window of as many rows as the kernel has.

use crate::host::border::{inside_of, pad_outside};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::{Filter2dArgs, FilterTap, WarpOutside};
use std::marker::PhantomData;
use std::sync::Arc;

/// The fewest bytes of input that are worth a strip of their own.
const LEAST_BYTES: usize = 8 * 1024;

/// The samples of a group. Whole groups of a row are summed with fused operations, since OpenCV computes them as vectors.
const GROUP: usize = 4;

/// A type of output samples.
pub(crate) trait FilterSample: Pod + Send + Sync {
    /// The nearest sample.
    fn of(sum: f32) -> Self;
}

impl FilterSample for u8 {
    #[inline(always)]
    fn of(sum: f32) -> Self {
        // `as` clamps.
        sum.round_ties_even() as u8
    }
}

impl FilterSample for i16 {
    #[inline(always)]
    fn of(sum: f32) -> Self {
        sum.round_ties_even() as i16
    }
}

/// The host executor of [`Filter2d`](crate::Filter2d).
pub(crate) struct FilterHost<T> {
    level: Level,
    taps: Arc<[FilterTap]>,
    target: PhantomData<T>,
}

impl<T> FilterHost<T> {
    pub(super) fn new(level: Level, taps: Arc<[FilterTap]>) -> Self {
        let target = PhantomData;
        FilterHost {
            level,
            taps,
            target,
        }
    }
}

impl<T: FilterSample> StripKernel for FilterHost<T> {
    type Args = Filter2dArgs;
    type Source = u8;
    type Target = T;

    fn images(args: &Filter2dArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &Filter2dArgs) -> usize {
        let rows = LEAST_BYTES.div_ceil(args.src.width as usize * args.src.channels as usize);
        // A strip copies the rows of its first window.
        rows.max(args.rows as usize)
    }

    fn halo(&self, args: &Filter2dArgs) -> Option<usize> {
        Some(args.anchor_y.max(args.rows - 1 - args.anchor_y) as usize)
    }

    fn run(&self, args: &Filter2dArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, T>) {
        let (width, channels) = (args.src.width as usize, args.src.channels as usize);
        let [columns, rows, left, above] =
            [args.columns, args.rows, args.anchor_x, args.anchor_y].map(|count| count as usize);
        let sides = [left, columns - 1 - left];
        let samples = width * channels;
        let stride = whole_blocks(samples) + (columns - 1) * channels;
        let (frame, targets) = (strip.frame(), strip.rows());
        scratch::with(rows * stride, 0, |window, _| {
            // Row `targets.start + i - above` is row i % rows of the window. The rows for an output row are therefore the whole window,
            // beginning with the row that is replaced next.
            for i in 0..targets.len() + rows - 1 {
                let padded = &mut window[i % rows * stride..][..stride];
                let y = (targets.start + i) as i32 - above as i32;
                let height = source.height() as i32;
                if args.outside == WarpOutside::CONSTANT && !(0..height).contains(&y) {
                    padded.fill(0);
                } else {
                    let y = inside_of(y, height, args.outside) as usize;
                    padded[left * channels..][..samples].copy_from_slice(source.row(frame, y));
                    pad_outside(padded, (width, channels), sides, args.outside);
                }
                if let Some(done) = i.checked_sub(rows - 1) {
                    let oldest = i + 1;
                    // The place in the window of the sample that a tap weighs for the first sample of the row.
                    let place = |tap: &FilterTap| {
                        let row = (oldest + (tap.y + above as i32) as usize) % rows;
                        row * stride + (tap.x + left as i32) as usize * channels
                    };
                    let out = strip.row(targets.start + done);
                    dispatch!(self.level, _ => filter_row(&self.taps, place, args.delta, window, out));
                }
            }
        });
    }
}

#[inline(always)]
fn filter_row<T: FilterSample>(
    taps: &[FilterTap],
    place: impl Fn(&FilterTap) -> usize,
    delta: f32,
    window: &[u8],
    out: &mut [T],
) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let mut sums = [delta; BLOCK];
        for tap in taps {
            let samples = block(window, place(tap) + start);
            for i in 0..BLOCK {
                sums[i] = f32::from(samples[i]).mul_add(tap.weight, sums[i]);
            }
        }
        let mut values = [T::zeroed(); BLOCK];
        for i in 0..BLOCK {
            values[i] = T::of(sums[i]);
        }
        store(out, &values);
    }
    for i in out.len() / GROUP * GROUP..out.len() {
        let mut sum = delta;
        for tap in taps {
            sum += f32::from(window[place(tap) + i]) * tap.weight;
        }
        out[i] = T::of(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter2d::{Filter2d, FilterBorder};
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::{ImageShape, SampleType};
    use bytemuck::Zeroable;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            // Numbers whose sums are rounded often, and to samples between the limits.
            let numbers: Vec<f64> = (0..35)
                .map(|i| f64::from(i * 37 % 35 - 17) / 29.3)
                .collect();
            let filter = Filter2d::of_columns(&numbers, 7).expect("35 numbers");
            let taps: Arc<[FilterTap]> = filter.kernel.taps((1, 4)).into();
            let args = |clamp| {
                move |src, dst| Filter2dArgs {
                    src,
                    dst,
                    count: 34,
                    columns: 7,
                    rows: 5,
                    anchor_x: 1,
                    anchor_y: 4,
                    outside: FilterBorder::Reflect.outside(),
                    clamp,
                    delta: 77.7,
                    ..Zeroable::zeroed()
                }
            };
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            same_at_all_levels("filter2d", channels, shape, args(1), |level| {
                Arc::new(HostCode(FilterHost::<u8>::new(level, Arc::clone(&taps))))
            });
            let sample = SampleType::I16;
            let signed = ImageShape { sample, ..shape };
            same_at_all_levels("filter2d", channels, signed, args(0), |level| {
                Arc::new(HostCode(FilterHost::<i16>::new(level, Arc::clone(&taps))))
            });
        }
    }
}
