//! The host executor of `pyr_down`: five rows are added up, then the sums along the row.

use crate::host::border::{inside_of, pad_outside};
use crate::host::scratch;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::{PyrDownArgs, WarpOutside};
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 8 * 1024;

/// The host executor of [`PyrDown`](crate::PyrDown).
pub(super) struct PyrDownHost {
    pub(super) level: Level,
}

impl StripKernel for PyrDownHost {
    type Args = PyrDownArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &PyrDownArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &PyrDownArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn source_rows(&self, args: &PyrDownArgs, rows: Range<usize>) -> Range<usize> {
        let height = args.src.height as usize;
        match args.outside {
            // The rows of the other end lie outside.
            WarpOutside::WRAP => 0..height,
            // Mirrored and replicated rows are among these.
            _ => (2 * rows.start).saturating_sub(2)..(2 * rows.end + 1).min(height),
        }
    }

    fn run(&self, args: &PyrDownArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, channels) = (args.src.width as usize, args.src.channels as usize);
        let samples = width * channels;
        let frame = strip.frame();
        scratch::with(0, samples + 4 * channels, |_, sums| {
            for y in strip.rows() {
                let row = |k: i32| {
                    let y = 2 * y as i32 + k - 2;
                    let y = inside_of(y, args.src.height as i32, args.outside);
                    source.row(frame, y as usize)
                };
                let rows = [row(0), row(1), row(2), row(3), row(4)];
                let middle = &mut sums[2 * channels..][..samples];
                dispatch!(self.level, _ => add_rows(rows, middle));
                pad_outside(sums, (width, channels), [2, 2], args.outside);
                add_columns(channels, sums, strip.row(y));
            }
        });
    }
}

/// Weighs five samples; of bytes the sum is at most 4080.
#[inline(always)]
fn weighed([a, b, c, d, e]: [u16; 5]) -> u16 {
    a + e + 4 * (b + d) + 6 * c
}

#[inline(always)]
fn add_rows([a, b, c, d, e]: [&[u8]; 5], sums: &mut [u16]) {
    let count = sums.len();
    let (a, b, c, d, e) = (
        &a[..count],
        &b[..count],
        &c[..count],
        &d[..count],
        &e[..count],
    );
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum = weighed([
            a[i].into(),
            b[i].into(),
            c[i].into(),
            d[i].into(),
            e[i].into(),
        ]);
    }
}

/// Writes a row of the output. `sums` are those of the source, behind two pixels.
fn add_columns(channels: usize, sums: &[u16], out: &mut [u8]) {
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        let around = &sums[2 * x * channels..][..5 * channels];
        for (c, out) in pixel.iter_mut().enumerate() {
            let at = |place: usize| around[place * channels + c];
            // At most 65280, plus 128.
            let sum = weighed([at(0), at(1), at(2), at(3), at(4)]);
            *out = ((u32::from(sum) + 128) >> 8) as u8;
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
            let shape = ImageShape::u8(WIDTH.div_ceil(2), HEIGHT.div_ceil(2), channels);
            let args = |src, dst| PyrDownArgs {
                src,
                dst,
                outside: WarpOutside::REFLECT,
                reserved: 0,
            };
            same_at_all_levels("pyr_down", channels, shape, args, |level| {
                Arc::new(HostCode(PyrDownHost { level }))
            });
        }
    }

    /// A strip of a fused chain reads no other rows.
    #[test]
    fn rows_are_made_of_their_source_rows() {
        let borders = [
            WarpOutside::REPLICATE,
            WarpOutside::REFLECT,
            WarpOutside::REFLECT_101,
            WarpOutside::WRAP,
        ];
        let host = PyrDownHost {
            level: Level::baseline(),
        };
        for (height, outside) in (1..12).flat_map(|height| borders.map(|border| (height, border))) {
            let mut args: PyrDownArgs = bytemuck::Zeroable::zeroed();
            (args.src.height, args.outside) = (height, outside);
            for y in 0..height.div_ceil(2) as i32 {
                let rows = host.source_rows(&args, y as usize..y as usize + 1);
                for k in 0..5 {
                    let read = inside_of(2 * y + k - 2, height as i32, outside) as usize;
                    assert!(rows.contains(&read), "{read} of {height} for {y}: {rows:?}");
                }
            }
        }
    }
}
