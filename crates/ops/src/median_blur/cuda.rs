//! The launches of the CUDA kernels of `median_blur.cu`.

use crate::kernels::{grid as tiles, one_each};
use pixelflume_device::Grid;
use pixelflume_kernels::args::MedianBlurArgs;

/// The largest window whose samples a thread keeps in registers. Larger ones are counted.
const MOST_KEPT: u32 = 5;

/// Threads of a block of `median_blur_counts`; `COUNTING_THREADS` in `median_blur.cu` is the same number.
const COUNTING_THREADS: u32 = 64;

/// The kernel for windows of `size` x `size` samples.
pub(super) fn entry(size: u32) -> &'static str {
    match size <= MOST_KEPT {
        true => "median_blur",
        false => "median_blur_counts",
    }
}

/// The rows of each thread of `median_blur_counts`: as many as the window has, so that the first window, which is counted whole, costs a thread
/// no more than the steps to the other rows; and at least so many that small windows are rarely counted whole.
pub(super) fn rows(size: u32) -> u32 {
    size.max(32)
}

/// The grid of `median_blur.cu`: one sample for each thread, or one column of samples of `rows` rows.
pub(super) fn grid(args: &MedianBlurArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    if args.size <= MOST_KEPT {
        return one_each(samples, &args.dst);
    }
    let tile = (COUNTING_THREADS, args.rows);
    tiles(
        samples,
        args.dst.height,
        args.dst.batch,
        tile,
        [COUNTING_THREADS, 1, 1],
    )
}
