//! The host executor of `adaptive_threshold`: the rows of a window are added up, then the sums along a row.

use crate::host::scratch;
use crate::host::simd::whole_blocks;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use crate::window::host::{add_row, mean_row};
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::AdaptiveThresholdArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`AdaptiveThreshold`](crate::AdaptiveThreshold).
pub(super) struct AdaptiveThresholdHost {
    pub(super) level: Level,
}

impl StripKernel for AdaptiveThresholdHost {
    type Args = AdaptiveThresholdArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &AdaptiveThresholdArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &AdaptiveThresholdArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn halo(&self, args: &AdaptiveThresholdArgs) -> Option<usize> {
        Some(args.size as usize / 2)
    }

    fn run(
        &self,
        args: &AdaptiveThresholdArgs,
        source: &Source<'_, u8>,
        strip: &mut Strip<'_, u8>,
    ) {
        let (width, size) = (args.dst.width as usize, args.size as usize);
        let (radius, frame) = (size / 2, strip.frame());
        scratch::with(0, whole_blocks(width) + 2 * radius, |_, sums| {
            for y in strip.rows() {
                let column = &mut sums[radius..radius + width];
                column.fill(0);
                for k in 0..size {
                    // Replicated at the border.
                    let y = (y + k).saturating_sub(radius).min(source.height() - 1);
                    dispatch!(self.level, _ => add_row(source.row(frame, y), column));
                }
                let (first, last) = (sums[radius], sums[radius + width - 1]);
                sums[..radius].fill(first);
                sums[radius + width..][..radius].fill(last);
                let (row, out) = (source.row(frame, y), strip.row(y));
                dispatch!(self.level, _ => {
                    mean_row(size, 1, sums, out);
                    compare_row(args, row, out);
                });
            }
        });
    }
}

/// Replaces the means of a row by what its samples become.
#[inline(always)]
fn compare_row(args: &AdaptiveThresholdArgs, row: &[u8], means: &mut [u8]) {
    // At most 256 either way.
    let offset = args.offset as i16;
    let (above, below) = (args.above as u8, args.below as u8);
    for (mean, &sample) in means.iter_mut().zip(row) {
        let is_above = i16::from(sample) > i16::from(*mean) + offset;
        *mean = if is_above { above } else { below };
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
        for size in [3, 11, 31] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
            let args = |src, dst| AdaptiveThresholdArgs {
                src,
                dst,
                size,
                offset: -3,
                above: 200,
                below: 7,
            };
            same_at_all_levels("adaptive_threshold", 1, shape, args, |level| {
                Arc::new(HostCode(AdaptiveThresholdHost { level }))
            });
        }
    }
}
