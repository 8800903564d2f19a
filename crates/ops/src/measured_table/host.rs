//! The host executor of operators whose tables depend on the image.

use super::Measured;
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use crate::image::ImageParam;
use crate::point_table::PointTable;
use crate::point_table::host::{least_rows, look_up};
use crate::totals::Histogram;
use crate::totals::host::{IMAGES, totals};
use fearless_simd::Level;
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::LutArgs;
use std::any::TypeId;

/// The host executor of a plan by measured tables. It takes images as rows of samples; `tables` and `stride` of the arguments are not used.
pub(super) struct MeasuredHost {
    pub(super) measured: Measured,
    /// 1 or 3.
    pub(super) channels: usize,
}

impl HostKernel for MeasuredHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<LutArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let (batch, least) = (args.dst.batch as usize, least_rows(args.dst.width));
        for first in (0..batch).step_by(IMAGES) {
            let count = IMAGES.min(batch - first);
            let tables = self.tables(&source, &args.src, first..first + count, workers);
            let each = |strip: &mut Strip<'_, u8>| {
                let frame = strip.frame();
                let tables = &tables[frame][..self.channels];
                for y in strip.rows() {
                    look_up(tables, source.row(first + frame, y), strip.row(y));
                }
            };
            let target = ImageParam {
                base: args.dst.base + first as u64 * args.dst.batch_stride,
                batch: count as u32,
                ..args.dst
            };
            // SAFETY: some images of those that were checked above; the source does not overlap them.
            unsafe { for_each_strip(workers, &target, least, each) };
        }
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

impl MeasuredHost {
    /// The tables of at most [`IMAGES`] images.
    fn tables(
        &self,
        source: &Source<'_, u8>,
        image: &ImageParam,
        frames: std::ops::Range<usize>,
        workers: &Workers<'_>,
    ) -> [[PointTable; 3]; IMAGES] {
        let (level, image) = (Level::baseline(), (image, self.channels));
        let histograms = totals::<Histogram>(level, source, image, frames.clone(), workers);
        let mut tables = [[[0; 256]; 3]; IMAGES];
        for (tables, histograms) in tables.iter_mut().zip(&histograms).take(frames.len()) {
            let used = tables.iter_mut().zip(histograms).take(self.channels);
            for (table, histogram) in used {
                *table = self.measured.table(histogram);
            }
        }
        tables
    }
}
