//! The host executor of operators whose tables depend on the image.

use super::Measured;
use super::tables::Histogram;
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use crate::image::ImageParam;
use crate::point_table::PointTable;
use crate::point_table::host::{least_rows, look_up};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::LutArgs;
use std::any::TypeId;
use std::sync::{Mutex, PoisonError};

/// The images that are counted before their samples are looked up. Their histograms and tables lie on the stack.
const IMAGES: usize = 8;
/// The fewest bytes of an image that are worth a part of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The histograms of the channels of one image. Images of fewer channels have those of the first ones.
type Histograms = [Histogram; 3];

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
        let histograms: [Mutex<Histograms>; IMAGES] =
            std::array::from_fn(|_| Mutex::new([[0; 256]; 3]));
        let (width, height) = (image.width as usize, image.height as usize);
        let parts = (width * height / LEAST_BYTES).clamp(1, height.min(4 * workers.count()));
        workers.for_each(frames.len() * parts, &|index| {
            let (frame, part) = (index / parts, index % parts);
            let mut counts = [[0; 256]; 3];
            for y in part * height / parts..(part + 1) * height / parts {
                let row = source.row(frames.start + frame, y);
                count_samples(self.channels, row, &mut counts);
            }
            let sum = histograms[frame].lock();
            let mut sum = sum.unwrap_or_else(PoisonError::into_inner);
            let all = sum.as_flattened_mut().iter_mut();
            for (sum, count) in all.zip(counts.as_flattened()) {
                *sum += count;
            }
        });
        let mut tables = [[[0; 256]; 3]; IMAGES];
        for (tables, histograms) in tables.iter_mut().zip(histograms).take(frames.len()) {
            let histograms = histograms.into_inner();
            let histograms = histograms.unwrap_or_else(PoisonError::into_inner);
            let used = tables.iter_mut().zip(&histograms).take(self.channels);
            for (table, histogram) in used {
                *table = self.measured.table(histogram);
            }
        }
        tables
    }
}

/// Counts the samples of a row.
fn count_samples(channels: usize, row: &[u8], counts: &mut Histograms) {
    if channels == 1 {
        for &sample in row {
            counts[0][usize::from(sample)] += 1;
        }
    } else {
        for pixel in row.as_chunks::<3>().0 {
            for (counts, &sample) in counts.iter_mut().zip(pixel) {
                counts[usize::from(sample)] += 1;
            }
        }
    }
}
