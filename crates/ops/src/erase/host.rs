//! The host executor of `erase`: rows are copied, and the part inside the rectangle is filled.

use crate::gather::host::Bits;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use pixelflume_kernels::args::EraseArgs;
use std::marker::PhantomData;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Erase`](crate::Erase), for samples of the size of `T`.
pub(crate) struct EraseHost<T>(PhantomData<T>);

impl<T> EraseHost<T> {
    pub(crate) const fn new() -> Self {
        EraseHost(PhantomData)
    }
}

impl<T: Bits> StripKernel for EraseHost<T> {
    type Args = EraseArgs;
    type Source = T;
    type Target = T;

    fn images(args: &EraseArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &EraseArgs) -> usize {
        let samples = args.dst.width as usize * args.dst.channels as usize;
        LEAST_BYTES.div_ceil(samples * size_of::<T>())
    }

    fn halo(&self, _args: &EraseArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, args: &EraseArgs, source: &Source<'_, T>, strip: &mut Strip<'_, T>) {
        let channels = args.dst.channels as usize;
        let span = |first: u32, count: u32, each: usize| -> Range<usize> {
            first as usize * each..(first as usize + count as usize) * each
        };
        let (columns, rows) = (
            span(args.x, args.width, channels),
            span(args.y, args.height, 1),
        );
        let plane_rows = args.dst.height as usize / args.planes as usize;
        let frame = strip.frame();
        for y in strip.rows() {
            let out = strip.row(y);
            out.copy_from_slice(source.row(frame, y));
            // Planar images have one channel in each plane.
            let plane = y / plane_rows;
            if !rows.contains(&(y - plane * plane_rows)) {
                continue;
            }
            let value: [T; 4] = std::array::from_fn(|c| T::of(args.value[(plane + c) & 3]));
            for pixel in out[columns.clone()].chunks_exact_mut(channels) {
                pixel.copy_from_slice(&value[..channels]);
            }
        }
    }
}
