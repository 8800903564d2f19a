//! The host executor of `box_blur`: the rows of a window are added up, and then the sums along this row.

use crate::host::border::{pad_row, reflect};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::WindowArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`BoxBlur`](crate::BoxBlur).
pub(crate) struct BoxHost {
    pub(crate) level: Level,
}

impl StripKernel for BoxHost {
    type Args = WindowArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &WindowArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &WindowArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
    }

    fn halo(&self, args: &WindowArgs) -> Option<usize> {
        Some(args.size as usize / 2)
    }

    fn run(&self, args: &WindowArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, channels) = (args.dst.width as usize, args.dst.channels as usize);
        let (size, samples) = (args.size as usize, width * channels);
        let (radius, side) = (size / 2, size / 2 * channels);
        let frame = strip.frame();
        scratch::with(0, whole_blocks(samples) + 2 * side, |_, sums| {
            for y in strip.rows() {
                let column = &mut sums[side..side + samples];
                column.fill(0);
                for k in 0..size {
                    let y = reflect((y + k) as isize - radius as isize, source.height());
                    dispatch!(self.level, _ => add_row(source.row(frame, y), column));
                }
                pad_row(sums, width, channels, radius);
                let out = strip.row(y);
                dispatch!(self.level, _ => mean_row(size, channels, sums, out));
            }
        });
    }
}

/// Adds a row to column sums. A sum of at most 31 samples is at most 7905.
#[inline(always)]
pub(crate) fn add_row(row: &[u8], sums: &mut [u16]) {
    let row = &row[..sums.len()];
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum += u16::from(row[i]);
    }
}

/// 2^23: between 2^23 and 2^24, consecutive f32 differ by one.
const INTEGERS_ONLY: f32 = 8_388_608.0;

/// Writes the rounded means of the windows, each from `size` neighboring column sums.
#[inline(always)]
pub(crate) fn mean_row(size: usize, channels: usize, sums: &[u16], out: &mut [u8]) {
    let area = (size * size) as u32;
    let (half, inverse) = (area / 2, 1.0 / area as f32);
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let mut total = [half; BLOCK];
        for k in 0..size {
            let sums = block(sums, start + k * channels);
            for i in 0..BLOCK {
                total[i] += u32::from(sums[i]);
            }
        }
        let mut means = [0u8; BLOCK];
        for i in 0..BLOCK {
            means[i] = divided(total[i], inverse);
        }
        store(out, &means);
    }
}

/// The integer quotient `total / area`, with `inverse` = 1 / area, for areas up to 961 and quotients up to 255.
///
/// `total + 0.5` is exact in f32, and divided by the area it is at least 0.5 / 961 = 5.2e-4 away from any integer. The
/// rounded inverse and product move it by at most 256 * 2^-23 = 3.1e-5, the subtraction of 0.5 by as little. So the
/// integer nearest to the difference is the quotient; the addition of 2^23 rounds to it and leaves it in the low bits.
#[inline(always)]
fn divided(total: u32, inverse: f32) -> u8 {
    // Totals are below 2^18. Every instruction set has signed conversions.
    let quotient = (total as i32 as f32 + 0.5) * inverse - 0.5;
    (quotient + INTEGERS_ONLY).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn the_division_is_exact_for_every_sum() {
        for size in (3..=31u32).step_by(2) {
            let area = size * size;
            let inverse = 1.0 / area as f32;
            for total in area / 2..=255 * area + area / 2 {
                assert_eq!(
                    u32::from(divided(total, inverse)),
                    total / area,
                    "{total} / {area}"
                );
            }
        }
    }

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            for size in [3, 9, 31] {
                let name = format!("{size} x{channels}");
                let args = |src, dst| WindowArgs {
                    src,
                    dst,
                    size,
                    reserved: 0,
                };
                same_at_all_levels(&name, channels, shape, args, |level| {
                    Arc::new(HostCode(BoxHost { level }))
                });
            }
        }
    }
}
