//! The host executor of operators that look samples up.

use super::PointTable;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use pixelflume_kernels::args::LutArgs;
use std::sync::Arc;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 32 * 1024;

/// The fewest rows of a strip of an image with rows of `samples` samples.
pub(crate) fn least_rows(samples: u32) -> usize {
    LEAST_BYTES.div_ceil(samples as usize)
}

/// The host executor of a plan by tables.
pub(crate) struct PointTableHost {
    /// The table of each channel, or the one of all samples.
    pub(crate) tables: Arc<[PointTable]>,
}

impl StripKernel for PointTableHost {
    type Args = LutArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &LutArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &LutArgs) -> usize {
        least_rows(args.dst.width)
    }

    fn halo(&self, _args: &LutArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, _args: &LutArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            look_up(&self.tables, source.row(frame, y), strip.row(y));
        }
    }
}

/// Looks up a row of samples: sample `i` in table `i` modulo their number, which is 1, 3 or 4.
pub(crate) fn look_up(tables: &[PointTable], row: &[u8], out: &mut [u8]) {
    match tables {
        [table] => {
            for (out, &sample) in out.iter_mut().zip(row) {
                *out = table[usize::from(sample)];
            }
        }
        [a, b, c] => channels([a, b, c], row, out),
        [a, b, c, d] => channels([a, b, c, d], row, out),
        _ => unreachable!("there are 1, 3 or 4 tables"),
    }
}

fn channels<const C: usize>(tables: [&PointTable; C], row: &[u8], out: &mut [u8]) {
    let pixels = row.as_chunks::<C>().0;
    for (out, pixel) in out.as_chunks_mut::<C>().0.iter_mut().zip(pixels) {
        for c in 0..C {
            out[c] = tables[c][usize::from(pixel[c])];
        }
    }
}
