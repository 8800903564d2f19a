//! The host executor of `pyr_up`: two or three rows are added up, then the sums along the row.

use crate::host::scratch;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::PyrUpArgs;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`PyrUp`](crate::PyrUp).
pub(super) struct PyrUpHost {
    pub(super) level: Level,
}

impl StripKernel for PyrUpHost {
    type Args = PyrUpArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &PyrUpArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &PyrUpArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn source_rows(&self, args: &PyrUpArgs, rows: Range<usize>) -> Range<usize> {
        let height = args.src.height as usize;
        (rows.start / 2).saturating_sub(1)..((rows.end - 1) / 2 + 2).min(height)
    }

    fn run(&self, args: &PyrUpArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, channels) = (args.src.width as usize, args.src.channels as usize);
        let (height, samples) = (args.src.height as usize, width * channels);
        let frame = strip.frame();
        scratch::with(0, samples + 2 * channels, |_, sums| {
            for y in strip.rows() {
                let [above, middle, below] = neighbors(y / 2, height).map(|y| source.row(frame, y));
                let inner = &mut sums[channels..][..samples];
                dispatch!(self.level, _ => match y % 2 {
                    0 => add_rows(above, middle, below, inner),
                    _ => add_two_rows(middle, below, inner),
                });
                let [before, _, _] = neighbors(0, width);
                sums.copy_within((before + 1) * channels..(before + 2) * channels, 0);
                sums.copy_within(samples..samples + channels, samples + channels);
                add_columns(channels, sums, strip.row(y));
            }
        });
    }
}

/// The places of a pixel of an axis and of those around it. Before the first lies the second one, behind the last that pixel itself.
fn neighbors(at: usize, length: usize) -> [usize; 3] {
    let last = length - 1;
    let before = if at == 0 { last.min(1) } else { at - 1 };
    [before, at, last.min(at + 1)]
}

/// The sums of a row of the source; at most 2040.
#[inline(always)]
fn add_rows(above: &[u8], middle: &[u8], below: &[u8], sums: &mut [u16]) {
    let count = sums.len();
    let (above, middle, below) = (&above[..count], &middle[..count], &below[..count]);
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum = u16::from(above[i]) + 6 * u16::from(middle[i]) + u16::from(below[i]);
    }
}

/// The sums between two rows of the source.
#[inline(always)]
fn add_two_rows(above: &[u8], below: &[u8], sums: &mut [u16]) {
    let count = sums.len();
    let (above, below) = (&above[..count], &below[..count]);
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum = 4 * (u16::from(above[i]) + u16::from(below[i]));
    }
}

/// Writes a row of the output. `sums` are those of the source, with a pixel before and behind them.
fn add_columns(channels: usize, sums: &[u16], out: &mut [u8]) {
    for (x, pair) in out.chunks_exact_mut(2 * channels).enumerate() {
        let around = &sums[x * channels..][..3 * channels];
        for c in 0..channels {
            let (before, at, behind) = (around[c], around[channels + c], around[2 * channels + c]);
            // At most 16320, plus 32.
            pair[c] = ((before + 6 * at + behind + 32) >> 6) as u8;
            pair[channels + c] = ((4 * (at + behind) + 32) >> 6) as u8;
        }
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
        for channels in [1, 3, 4] {
            let shape = ImageShape::u8(2 * WIDTH, 2 * HEIGHT, channels);
            let args = |src, dst| PyrUpArgs { src, dst };
            same_at_all_levels("pyr_up", channels, shape, args, |level| {
                Arc::new(HostCode(PyrUpHost { level }))
            });
        }
    }

    /// A strip of a fused chain reads no other rows.
    #[test]
    fn rows_are_made_of_their_source_rows() {
        let host = PyrUpHost {
            level: Level::baseline(),
        };
        for height in 1..8 {
            let mut args: PyrUpArgs = bytemuck::Zeroable::zeroed();
            args.src.height = height as u32;
            for y in 0..2 * height {
                let rows = host.source_rows(&args, y..y + 1);
                for read in neighbors(y / 2, height) {
                    assert!(rows.contains(&read), "{read} of {height} for {y}: {rows:?}");
                }
            }
        }
    }
}
