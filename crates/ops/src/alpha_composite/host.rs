//! The host executor of `alpha_composite`.

use crate::binary::host::{for_each_row, images};
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use pixelflume_kernels::args::BinaryArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`AlphaComposite`](super::AlphaComposite).
pub(super) struct AlphaCompositeHost;

impl PairKernel for AlphaCompositeHost {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn run(&self, _args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        for_each_row(sources, strip, |below, above, out| {
            let pixels = below.as_chunks().0.iter().zip(above.as_chunks().0);
            for (out, (below, above)) in out.as_chunks_mut().0.iter_mut().zip(pixels) {
                *out = over(*below, *above);
            }
        });
    }
}

/// A sum of products of samples with weights that sum to 255, divided by 255 and rounded to nearest, for `value` with 128 added.
fn divided_by_255(value: u32) -> u32 {
    ((value >> 8) + value) >> 8
}

/// The pixel `above` over the pixel `below`.
fn over(below: [u8; 4], above: [u8; 4]) -> [u8; 4] {
    let [alpha_below, alpha] = [below[3], above[3]].map(u32::from);
    if alpha == 0 {
        return below;
    }
    // At least 255.
    let total = alpha * 255 + alpha_below * (255 - alpha);
    // At most 2_122_416_000, which fits 32 bits.
    let of_above = alpha * (255 * 255 * 128) / total;
    let of_below = 255 * 128 - of_above;
    let color = |c: usize| {
        let sum = u32::from(above[c]) * of_above + u32::from(below[c]) * of_below;
        (divided_by_255(sum + (128 << 7)) >> 7) as u8
    };
    let alpha = divided_by_255(total + 128) as u8;
    [color(0), color(1), color(2), alpha]
}
