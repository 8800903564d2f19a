//! The host executor of `mask`.

use crate::binary::host::for_each_row;
use crate::host::view::{PairKernel, Source, Strip};
use crate::image::ImageParam;
use pixelflume_kernels::args::MaskArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Mask`](super::Mask).
pub(super) struct MaskHost;

impl PairKernel for MaskHost {
    type Args = MaskArgs;

    fn images(args: &MaskArgs) -> ([&ImageParam; 2], &ImageParam) {
        ([&args.image, &args.mask], &args.dst)
    }

    fn least_rows(&self, args: &MaskArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn run(&self, args: &MaskArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        let value = args.value;
        for_each_row(sources, strip, |row, mask, out| {
            match (args.dst.channels, args.mask.channels) {
                (1, _) => pixels::<1, 1>(value, row, mask, out),
                (3, 1) => pixels::<3, 1>(value, row, mask, out),
                (3, _) => pixels::<3, 3>(value, row, mask, out),
                (_, 1) => pixels::<4, 1>(value, row, mask, out),
                _ => pixels::<4, 4>(value, row, mask, out),
            }
        });
    }
}

/// The pixels of a row of `C` channels, with a mask of `M` channels.
fn pixels<const C: usize, const M: usize>(value: [u8; 4], row: &[u8], mask: &[u8], out: &mut [u8]) {
    let sources = row.as_chunks::<C>().0.iter().zip(mask.as_chunks::<M>().0);
    for (out, (pixel, mask)) in out.as_chunks_mut::<C>().0.iter_mut().zip(sources) {
        for c in 0..C {
            let is_shown = mask[c % M] != 0;
            out[c] = if is_shown { pixel[c] } else { value[c] };
        }
    }
}
