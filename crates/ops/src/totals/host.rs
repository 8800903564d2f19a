//! Adding up on the host.

use super::{Histogram, MOST_CHANNELS};
use crate::host::view::Source;
use crate::image::ImageParam;
use fearless_simd::Level;
use pixelflume_device::Workers;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The images that are added up at a time. What is added up lies on the stack.
pub(crate) const IMAGES: usize = 8;
/// The fewest bytes of an image that are worth a part of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// What is added up over the samples of one channel.
pub(crate) trait Total: Copy + Send + 'static {
    /// That of no samples.
    const NONE: Self;

    /// Adds a row of pixels of 1, 3 or 4 interleaved channels to the totals of the channels.
    fn add_row(level: Level, totals: &mut [Self; MOST_CHANNELS], channels: usize, row: &[u8]);

    /// Adds those of other samples.
    fn join(&mut self, other: &Self);
}

/// The totals of the channels of at most [`IMAGES`] images, `frames` of a batch; those of channels that the images lack are of no samples.
/// `image` is the batch as rows of samples, and `source` its memory.
pub(crate) fn totals<T: Total>(
    level: Level,
    source: &Source<'_, u8>,
    (image, channels): (&ImageParam, usize),
    frames: Range<usize>,
    workers: &Workers<'_>,
) -> [[T; MOST_CHANNELS]; IMAGES] {
    let sums: [Mutex<[T; MOST_CHANNELS]>; IMAGES] =
        std::array::from_fn(|_| Mutex::new([T::NONE; MOST_CHANNELS]));
    let (width, height) = (image.width as usize, image.height as usize);
    let parts = (width * height / LEAST_BYTES).clamp(1, height.min(4 * workers.count()));
    workers.for_each(frames.len() * parts, &|index| {
        let (frame, part) = (index / parts, index % parts);
        let mut totals = [T::NONE; MOST_CHANNELS];
        for y in part * height / parts..(part + 1) * height / parts {
            let row = source.row(frames.start + frame, y);
            T::add_row(level, &mut totals, channels, row);
        }
        let sum = sums[frame].lock();
        let mut sum = sum.unwrap_or_else(PoisonError::into_inner);
        for (sum, total) in sum.iter_mut().zip(&totals) {
            sum.join(total);
        }
    });
    sums.map(|sum| sum.into_inner().unwrap_or_else(PoisonError::into_inner))
}

impl Total for Histogram {
    const NONE: Self = [0; 256];

    fn add_row(_level: Level, totals: &mut [Self; MOST_CHANNELS], channels: usize, row: &[u8]) {
        match channels {
            1 => {
                for &sample in row {
                    totals[0][usize::from(sample)] += 1;
                }
            }
            3 => count::<3>(totals, row),
            _ => count::<4>(totals, row),
        }
    }

    fn join(&mut self, other: &Self) {
        for (count, other) in self.iter_mut().zip(other) {
            *count += other;
        }
    }
}

fn count<const C: usize>(counts: &mut [Histogram; MOST_CHANNELS], row: &[u8]) {
    for pixel in row.as_chunks::<C>().0 {
        for (counts, &sample) in counts.iter_mut().zip(pixel) {
            counts[usize::from(sample)] += 1;
        }
    }
}
