//! The host executor of `abs_diff`.

use crate::binary::host::{for_each_row, images, least_rows};
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::BinaryArgs;

/// The host executor of [`AbsDiff`](super::AbsDiff).
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, noise, same_at_all_levels};
    use crate::host::view::HostPair;
    use crate::image::{ImageBatch, ImageShape};
    use pixelflume_device::Address;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        let other = noise((WIDTH * HEIGHT) as usize + 1);
        let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
        let second = ImageBatch::tight(shape, 1, Address::from_ptr(&raw const other[1])).param();
        let args = |src, dst| BinaryArgs {
            a: src,
            b: second,
            dst,
            weight: 0,
            reserved: 0,
        };
        same_at_all_levels("abs_diff", 1, shape, args, |level| {
            Arc::new(HostPair(AbsDiffHost { level }))
        });
    }
}
