//! The host executor of `threshold`: samples without channels, row by row.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ThresholdArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Threshold`](crate::Threshold).
pub(crate) struct ThresholdHost {
    pub(crate) level: Level,
}

impl StripKernel for ThresholdHost {
    type Args = ThresholdArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ThresholdArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ThresholdArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn halo(&self, _args: &ThresholdArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, args: &ThresholdArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (threshold, maximum) = (args.threshold as u8, args.maximum as u8);
        let frame = strip.frame();
        for y in strip.rows() {
            let (row, out) = (source.row(frame, y), strip.row(y));
            dispatch!(self.level, _ => compare(threshold, maximum, row, out));
        }
    }
}

#[inline(always)]
fn compare(threshold: u8, maximum: u8, row: &[u8], out: &mut [u8]) {
    for (out, &sample) in out.iter_mut().zip(row) {
        *out = if sample > threshold { maximum } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
        let args = |src, dst| ThresholdArgs {
            src,
            dst,
            threshold: 99,
            maximum: 200,
        };
        same_at_all_levels("threshold", 1, shape, args, |level| {
            Arc::new(HostCode(ThresholdHost { level }))
        });
    }
}
