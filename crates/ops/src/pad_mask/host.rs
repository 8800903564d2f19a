//! The host executor of `pad_mask`.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use pixelflume_kernels::args::PadMaskArgs;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`PadMask`](crate::PadMask). It reads nothing, so that it takes images of any sample type as bytes.
pub(crate) struct PadMaskHost;

impl StripKernel for PadMaskHost {
    type Args = PadMaskArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &PadMaskArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &PadMaskArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn source_rows(&self, _args: &PadMaskArgs, _rows: Range<usize>) -> Range<usize> {
        0..0
    }

    fn run(&self, args: &PadMaskArgs, _source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let [left, top] = [args.left, args.top].map(|first| first as usize);
        let columns = left..left + args.inner_width as usize;
        let rows = top..top + args.inner_height as usize;
        for y in strip.rows() {
            let row = strip.row(y);
            row.fill(0);
            if rows.contains(&y) {
                row[columns.clone()].fill(1);
            }
        }
    }
}
