//! The host executor of `tile`: for each row, the row of the image as often as it is repeated.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use pixelflume_kernels::args::TileArgs;
use std::marker::PhantomData;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Tile`](crate::Tile), for samples of the size of `T`.
pub(super) struct TileHost<T> {
    sample: PhantomData<T>,
}

impl<T> Default for TileHost<T> {
    fn default() -> Self {
        let sample = PhantomData;
        TileHost { sample }
    }
}

impl<T: Pod + Send + Sync> StripKernel for TileHost<T> {
    type Args = TileArgs;
    type Source = T;
    type Target = T;

    fn images(args: &TileArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &TileArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * size_of::<T>())
    }

    fn run(&self, args: &TileArgs, source: &Source<'_, T>, strip: &mut Strip<'_, T>) {
        let frame = strip.frame();
        let [from, to] = [args.src, args.dst].map(|image| (image.height / args.planes) as usize);
        for y in strip.rows() {
            let (plane, y_of_plane) = (y / to, y % to);
            let row = source.row(frame, plane * from + y_of_plane % from);
            for copy in strip.row(y).chunks_exact_mut(row.len()) {
                copy.copy_from_slice(row);
            }
        }
    }
}
