//! The host executor of `add_weighted`.

use crate::binary::host::for_each_row;
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::AddWeightedArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 32 * 1024;

/// The host executor of [`AddWeighted`](super::AddWeighted).
pub(crate) struct AddWeightedHost {
    pub(crate) level: Level,
}

impl PairKernel for AddWeightedHost {
    type Args = AddWeightedArgs;

    fn images(args: &AddWeightedArgs) -> ([&ImageParam; 2], &ImageParam) {
        ([&args.a, &args.b], &args.dst)
    }

    fn least_rows(&self, args: &AddWeightedArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn run(
        &self,
        args: &AddWeightedArgs,
        sources: [&Source<'_, u8>; 2],
        strip: &mut Strip<'_, u8>,
    ) {
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => sum_row(args, a, b, out));
        });
    }
}

#[inline(always)]
fn sum_row(args: &AddWeightedArgs, a: &[u8], b: &[u8], out: &mut [u8]) {
    let AddWeightedArgs {
        alpha, beta, gamma, ..
    } = *args;
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        let (a, b) = (f32::from(a), f32::from(b));
        let sum = match args.gamma_last {
            0 => a.mul_add(alpha, b.mul_add(beta, gamma)),
            _ => a.mul_add(alpha, b * beta) + gamma,
        };
        // `as` clamps.
        *out = sum.round_ties_even() as u8;
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
        let args = |src, dst| AddWeightedArgs {
            a: src,
            b: second,
            dst,
            alpha: 0.7,
            beta: 0.4,
            gamma: -3.3,
            gamma_last: 0,
        };
        same_at_all_levels("add_weighted", 1, shape, args, |level| {
            Arc::new(HostPair(AddWeightedHost { level }))
        });
    }
}
