//! What the host executors with two inputs share: samples without channels, row by row.

use crate::host::view::{Source, Strip};
use crate::image::ImageParam;
use pixelflume_kernels::args::BinaryArgs;

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 64 * 1024;

pub(crate) fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
    ([&args.a, &args.b], &args.dst)
}

pub(crate) fn least_rows(args: &BinaryArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize)
}

pub(crate) fn for_each_row(
    [a, b]: [&Source<'_, u8>; 2],
    strip: &mut Strip<'_, u8>,
    row: impl Fn(&[u8], &[u8], &mut [u8]),
) {
    let frame = strip.frame();
    for y in strip.rows() {
        row(a.row(frame, y), b.row(frame, y), strip.row(y));
    }
}
