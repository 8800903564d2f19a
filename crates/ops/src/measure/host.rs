//! The host executor of measures.

use super::Measure;
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use crate::image::ImageParam;
use crate::totals::host::{IMAGES, Total, totals};
use crate::totals::{Histogram, Moments};
use bytemuck::Pod;
use fearless_simd::Level;
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::MeasureArgs;
use std::any::TypeId;

/// The host executor of a measure.
pub(super) struct MeasureHost {
    measure: Measure,
    level: Level,
}

impl MeasureHost {
    pub(super) fn new(measure: Measure) -> Self {
        let level = Level::new();
        MeasureHost { measure, level }
    }

    /// Adds the samples of some images at a time up, and writes the numbers of each channel. `write` makes a row of them.
    ///
    /// # Safety
    /// As for [`HostKernel::run`].
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn each<T: Total + Sync, N: Pod + Sync>(
        &self,
        args: &MeasureArgs,
        workers: &Workers<'_>,
        write: impl Fn(&T, &mut [N]) + Sync,
    ) -> Result<(), TaskFailure> {
        check_images(&args.src, 1, &args.dst, size_of::<N>()).map_err(TaskFailure::new)?;
        let channels = args.src.channels as usize;
        let samples = ImageParam {
            width: args.src.width * args.src.channels,
            channels: 1,
            ..args.src
        };
        // SAFETY: checked above, as rows of samples it is the same memory; the caller promises that the image is good until
        // this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&samples) };
        let batch = args.dst.batch as usize;
        for first in (0..batch).step_by(IMAGES) {
            let count = IMAGES.min(batch - first);
            let image = (&samples, channels);
            let all = totals::<T>(self.level, &source, image, first..first + count, workers);
            let each = |strip: &mut Strip<'_, N>| {
                let frame = strip.frame();
                for channel in strip.rows() {
                    write(&all[frame][channel], strip.row(channel));
                }
            };
            let target = ImageParam {
                base: args.dst.base + first as u64 * args.dst.batch_stride,
                batch: count as u32,
                ..args.dst
            };
            // SAFETY: some images of those that were checked above; the source does not overlap them.
            unsafe { for_each_strip(workers, &target, channels, each) };
        }
        Ok(())
    }
}

impl HostKernel for MeasureHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<MeasureArgs>();
        let pixels = u64::from(args.src.width) * u64::from(args.src.height);
        let counts = |counts: &Histogram, row: &mut [f32]| {
            for (number, &count) in row.iter_mut().zip(counts) {
                *number = count as f32;
            }
        };
        let numbers = |moments: &Moments, row: &mut [f64]| {
            let numbers = self.measure.numbers(moments, pixels);
            row.copy_from_slice(&numbers[..row.len()]);
        };
        // SAFETY: promised by the caller.
        unsafe {
            match self.measure {
                Measure::Counts => self.each(&args, workers, counts),
                _ => self.each(&args, workers, numbers),
            }
        }
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}
