//! Resize on the host.

mod bilinear;
mod columns;
mod half;
mod nearest;

pub(crate) use bilinear::BilinearHost;
pub(crate) use half::HalfHost;
pub(crate) use nearest::NearestHost;

use crate::kernels::args::ResizeArgs;

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 32 * 1024;

fn least_rows(args: &ResizeArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
}
