//! The host executor of `concat`, for rows of bytes.

use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use pixelflume_kernels::args::ConcatArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Concat`](super::Concat).
pub(super) struct ConcatHost;

impl PairKernel for ConcatHost {
    type Args = ConcatArgs;

    fn images(args: &ConcatArgs) -> ([&ImageParam; 2], &ImageParam) {
        ([&args.a, &args.b], &args.dst)
    }

    fn least_rows(&self, args: &ConcatArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn run(&self, args: &ConcatArgs, [a, b]: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        let of_plane = |image: &ImageParam| (image.height / args.planes) as usize;
        let [rows_a, rows_b, rows] = [&args.a, &args.b, &args.dst].map(of_plane);
        for y in strip.rows() {
            let (plane, y_of_plane) = (y / rows, y % rows);
            let out = strip.row(y);
            if args.vertical == 0 {
                let (left, right) = out.split_at_mut(args.a.width as usize);
                left.copy_from_slice(a.row(frame, y));
                right.copy_from_slice(b.row(frame, y));
            } else if y_of_plane < rows_a {
                out.copy_from_slice(a.row(frame, plane * rows_a + y_of_plane));
            } else {
                out.copy_from_slice(b.row(frame, plane * rows_b + y_of_plane - rows_a));
            }
        }
    }
}
