//! The host executor of nearest-neighbor resizes.

use super::least_rows;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;
use std::sync::Arc;

/// The host executor of the nearest-neighbor [`Resize`](crate::Resize).
pub(crate) struct NearestHost {
    pub(crate) level: Level,
    /// The source column of each column, then the source row of each row.
    pub(crate) indices: Arc<[u32]>,
}

impl StripKernel for NearestHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn source_rows(&self, args: &ResizeArgs, rows: Range<usize>) -> Range<usize> {
        // The indices never decrease.
        let lines = &self.indices[args.dst.width as usize..][rows];
        lines[0] as usize..lines[lines.len() - 1] as usize + 1
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (columns, lines) = self.indices.split_at(args.dst.width as usize);
        let (frame, rows) = (strip.frame(), strip.rows());
        for y in rows.clone() {
            if y > rows.start && lines[y] == lines[y - 1] {
                strip.copy_row(y - 1, y);
                continue;
            }
            let row = source.row(frame, lines[y] as usize);
            let out = strip.row(y);
            match args.dst.channels {
                1 => dispatch!(self.level, _ => pick::<1>(columns, row, out)),
                3 => dispatch!(self.level, _ => pick::<3>(columns, row, out)),
                _ => dispatch!(self.level, _ => pick::<4>(columns, row, out)),
            }
        }
    }
}

#[inline(always)]
fn pick<const C: usize>(columns: &[u32], row: &[u8], out: &mut [u8]) {
    let pixels = row.as_chunks::<C>().0;
    for (&column, out) in columns.iter().zip(out.as_chunks_mut::<C>().0) {
        *out = pixels[column as usize];
    }
}
