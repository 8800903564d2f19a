//! Absolute difference on the host.

use crate::binary::host::{for_each_row, images, least_rows};
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use crate::kernels::args::BinaryArgs;
use fearless_simd::{Level, dispatch};

/// Host executor of [`AbsDiff`](super::AbsDiff).
pub(crate) struct AbsDiffHost {
    pub(crate) level: Level,
}

impl PairKernel for AbsDiffHost {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, _args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => abs_diff_row(a, b, out));
        });
    }
}

#[inline(always)]
fn abs_diff_row(a: &[u8], b: &[u8], out: &mut [u8]) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = a.abs_diff(b);
    }
}
