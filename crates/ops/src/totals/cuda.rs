//! The memory and the launch of the CUDA kernels `histogram` and `histogram_4`.

use crate::image::{ImageBatch, ImageShape};
use crate::kernels::MAX_BLOCKS_YZ;
use pixelflume_device::Grid;
use pixelflume_kernels::args::HistogramArgs;

/// The pixels that are worth a part, and a block, of their own.
const PIXELS_PER_PART: u64 = 32 * 1024;
/// The most parts of an image.
const MOST_PARTS: u64 = 64;

/// The kernel that counts the values of images of so many channels.
pub(crate) const fn entry(channels: u32) -> &'static str {
    match channels {
        4 => "histogram_4",
        _ => "histogram",
    }
}

/// Parts of each image of this shape, with a histogram of each channel each.
pub(crate) fn parts(shape: ImageShape) -> u32 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    pixels.div_ceil(PIXELS_PER_PART).clamp(1, MOST_PARTS) as u32
}

/// The bytes of the histograms of all parts of a batch.
pub(crate) fn bytes(shape: ImageShape, batch: u32) -> u64 {
    let histograms = u64::from(parts(shape)) * u64::from(shape.channels);
    u64::from(batch) * histograms * size_of::<super::Histogram>() as u64
}

/// The arguments that count the values of a batch, with the histograms at this address.
pub(crate) fn args(input: &ImageBatch, histograms: u64) -> HistogramArgs {
    HistogramArgs {
        src: input.param(),
        histograms,
        parts: parts(input.shape),
        reserved: 0,
    }
}

/// The grid of both kernels: a block of 256 threads for each part of each image.
pub(crate) fn grid(args: &HistogramArgs) -> Grid {
    Grid {
        blocks: [args.parts, 1, args.src.batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}

/// The grid of kernels that go on from the histograms: a block of 256 threads for each channel of each image.
pub(crate) fn channels_grid(channels: u32, batch: u32) -> Grid {
    Grid {
        blocks: [channels, 1, batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}
