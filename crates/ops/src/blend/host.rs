//! The host executor of `blend`.

use crate::binary::host::{for_each_row, images, least_rows};
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::BinaryArgs;

/// The host executor of [`Blend`](super::Blend).
pub(crate) struct BlendHost {
    pub(crate) level: Level,
}

impl PairKernel for BlendHost {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        let weight = args.weight as u16;
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => blend_row(weight, a, b, out));
        });
    }
}

/// Blends a row. The weights sum to 256, so that a sum is at most 255 * 256 + 128, which fits 16 bits.
#[inline(always)]
fn blend_row(weight: u16, a: &[u8], b: &[u8], out: &mut [u8]) {
    let rest = 256 - weight;
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = ((u16::from(a) * weight + u16::from(b) * rest + 128) >> 8) as u8;
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
            weight: 77,
            reserved: 0,
        };
        same_at_all_levels("blend", 1, shape, args, |level| {
            Arc::new(HostPair(BlendHost { level }))
        });
    }
}
