//! The common part of the host executors with two inputs: samples without channels, row by row.

use crate::host::view::{Source, Strip};
use crate::image::ImageParam;
use pixelflume_kernels::args::BinaryArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The images of the arguments: both inputs, and the output.
pub(crate) fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
    ([&args.a, &args.b], &args.dst)
}

/// The fewest rows of a strip.
pub(crate) fn least_rows(args: &BinaryArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize)
}

/// Calls `row` with the rows of both inputs and of the output, for each row of the strip.
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
