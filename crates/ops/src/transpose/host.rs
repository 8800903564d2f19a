//! The host executor of `transpose`, in tiles: a tile's part of the source and of the output stays in the cache.

use crate::gather::Bits;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use pixelflume_kernels::args::TransposeArgs;
use std::marker::PhantomData;

/// The fewest pixels of output that are worth a strip of their own.
const LEAST_PIXELS: usize = 32 * 1024;

/// Columns of the output, which are rows of the source, that are copied at once.
const TILE: usize = 32;

/// The host executor of [`Transpose`](super::Transpose) for samples of the size of `T`.
pub(crate) struct TransposeHost<T> {
    sample: PhantomData<T>,
}

impl<T> TransposeHost<T> {
    pub(crate) const fn new() -> Self {
        let sample = PhantomData;
        TransposeHost { sample }
    }
}

impl<T: Bits> StripKernel for TransposeHost<T> {
    type Args = TransposeArgs;
    type Source = T;
    type Target = T;

    fn images(args: &TransposeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &TransposeArgs) -> usize {
        LEAST_PIXELS.div_ceil(args.dst.width as usize)
    }

    fn run(&self, args: &TransposeArgs, source: &Source<'_, T>, strip: &mut Strip<'_, T>) {
        match args.dst.channels {
            1 => transpose_strip::<T, 1>(args, source, strip),
            3 => transpose_strip::<T, 3>(args, source, strip),
            _ => transpose_strip::<T, 4>(args, source, strip),
        }
    }
}

fn transpose_strip<T: Bits, const C: usize>(
    args: &TransposeArgs,
    source: &Source<'_, T>,
    strip: &mut Strip<'_, T>,
) {
    let (frame, planes) = (strip.frame(), args.planes as usize);
    // The width of the source is the height of a plane of the output.
    let (width, height) = (args.src.width as usize, args.src.height as usize / planes);
    let (along_x, along_y) = (args.flip & 1 != 0, args.flip & 2 != 0);
    for first in (0..height).step_by(TILE) {
        let columns = TILE.min(height - first);
        let mut rows: [&[[T; C]]; TILE] = [&[]; TILE];
        let mut of_plane = None;
        for row in strip.rows() {
            let (plane, x) = (row / width, row % width);
            if of_plane != Some(plane) {
                for (k, row) in rows[..columns].iter_mut().enumerate() {
                    let y = if along_y {
                        height - 1 - first - k
                    } else {
                        first + k
                    };
                    *row = source.row(frame, plane * height + y).as_chunks::<C>().0;
                }
                of_plane = Some(plane);
            }
            let x = if along_x { width - 1 - x } else { x };
            let out = strip.row(row).as_chunks_mut::<C>().0;
            for (out, row) in out[first..first + columns].iter_mut().zip(&rows) {
                *out = row[x];
            }
        }
    }
}
