//! The host executors of changes of colors.

use super::step::{change, gray};
use crate::host::scratch;
use crate::host::view::{Source, Strip, StripKernel, check_images, for_each_strip};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::PixelStepsArgs;
use std::any::TypeId;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The images that are measured before they are changed. Their sums lie on the stack.
const IMAGES: usize = 64;

fn least_rows(args: &PixelStepsArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
}

/// The executor of steps that need no measure.
pub(super) struct StepsHost {
    pub(super) level: Level,
}

impl StripKernel for StepsHost {
    type Args = PixelStepsArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &PixelStepsArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &PixelStepsArgs) -> usize {
        least_rows(args)
    }

    fn halo(&self, _args: &PixelStepsArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, args: &PixelStepsArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            let out = strip.row(y);
            out.copy_from_slice(source.row(frame, y));
            dispatch!(self.level, _ => change_row(args, args.count as usize, 0.0, out));
        }
    }
}

/// The executor of steps with a contrast.
pub(super) struct MeasuredStepsHost {
    pub(super) level: Level,
}

impl HostKernel for MeasuredStepsHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<PixelStepsArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let batch = args.dst.batch as usize;
        for first in (0..batch).step_by(IMAGES) {
            let count = IMAGES.min(batch - first);
            let means = self.means(&args, &source, first..first + count, workers);
            let each = |strip: &mut Strip<'_, u8>| {
                let frame = strip.frame();
                for y in strip.rows() {
                    let out = strip.row(y);
                    out.copy_from_slice(source.row(first + frame, y));
                    let steps = args.count as usize;
                    dispatch!(self.level, _ => change_row(&args, steps, means[frame], out));
                }
            };
            let target = ImageParam {
                base: args.dst.base + first as u64 * args.dst.batch_stride,
                batch: count as u32,
                ..args.dst
            };
            // SAFETY: some images of those that were checked above; the source does not overlap them.
            unsafe { for_each_strip(workers, &target, least_rows(&args), each) };
        }
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

impl MeasuredStepsHost {
    /// The means of the gray images before the contrast, of at most [`IMAGES`] images.
    fn means(
        &self,
        args: &PixelStepsArgs,
        source: &Source<'_, u8>,
        frames: std::ops::Range<usize>,
        workers: &Workers<'_>,
    ) -> [f32; IMAGES] {
        let sums = [const { AtomicU64::new(0) }; IMAGES];
        let (width, height) = (args.src.width as usize, args.src.height as usize);
        let row_bytes = width * args.src.channels as usize;
        let parts = (height / least_rows(args)).clamp(1, 4 * workers.count());
        workers.for_each(frames.len() * parts, &|index| {
            let (frame, part) = (index / parts, index % parts);
            let mut sum = 0;
            scratch::with(row_bytes, 0, |row, _| {
                for y in part * height / parts..(part + 1) * height / parts {
                    row.copy_from_slice(source.row(frames.start + frame, y));
                    sum += dispatch!(self.level, _ => sum_of_row(args, row));
                }
            });
            // Sums of integers do not depend on the order; the end of `for_each` orders them before what follows.
            sums[frame].fetch_add(sum, Ordering::Relaxed);
        });
        sums.map(|sum| sum.into_inner() as f32 / (width * height) as f32)
    }
}

/// The sum of the gray of a row, which the steps before the contrast change first.
#[inline(always)]
fn sum_of_row(args: &PixelStepsArgs, row: &mut [u8]) -> u64 {
    change_row(args, args.measured as usize, 0.0, row);
    let sum: u32 = match args.src.channels {
        1 => row.iter().map(|&sample| u32::from(sample)).sum(),
        _ => row
            .as_chunks::<3>()
            .0
            .iter()
            .map(|&pixel| u32::from(gray(pixel)))
            .sum(),
    };
    sum.into()
}

/// Does the first `count` steps to a row.
#[inline(always)]
fn change_row(args: &PixelStepsArgs, count: usize, mean: f32, row: &mut [u8]) {
    for step in 0..count {
        let (kind, factors) = (args.kinds[step], [args.factors[step], args.rests[step]]);
        match args.src.channels {
            1 => change::<1>(kind, factors, mean, row),
            _ => change::<3>(kind, factors, mean, row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    /// All steps, once with the contrast at their end.
    #[test]
    fn every_instruction_set_computes_the_same() {
        let shape = ImageShape::u8(WIDTH, HEIGHT, 3);
        let args = |kinds: [u32; 4], measured| {
            move |src, dst| PixelStepsArgs {
                src,
                dst,
                sums: 0,
                parts: 1,
                count: 4,
                measured,
                reserved: 0,
                kinds,
                factors: [1.3, 0.7, 0.2, 0.6],
                rests: [-0.3, 0.3, 0.8, 0.4],
            }
        };
        same_at_all_levels("steps", 3, shape, args([0, 2, 3, 4], 4), |level| {
            Arc::new(HostCode(StepsHost { level }))
        });
        same_at_all_levels("measured steps", 3, shape, args([0, 2, 3, 1], 3), |level| {
            Arc::new(MeasuredStepsHost { level })
        });
    }
}
