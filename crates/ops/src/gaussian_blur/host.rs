//! The host executor of `gaussian_blur`: two passes, with a rolling window of rows of horizontal sums.

use crate::host::border::{pad_row, reflect};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, block_mut, store, whole_blocks};
use crate::host::view::{ROWS_PER_RECOMPUTED_ROW, Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::GaussianBlurArgs;

/// The host executor of [`GaussianBlur`](crate::GaussianBlur).
pub(crate) struct BlurHost {
    pub(crate) level: Level,
}

impl StripKernel for BlurHost {
    type Args = GaussianBlurArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &GaussianBlurArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &GaussianBlurArgs) -> usize {
        ROWS_PER_RECOMPUTED_ROW * self.recomputed_rows(args)
    }

    fn recomputed_rows(&self, args: &GaussianBlurArgs) -> usize {
        args.size as usize - 1
    }

    fn halo(&self, args: &GaussianBlurArgs) -> Option<usize> {
        Some(args.size as usize / 2)
    }

    fn run(&self, args: &GaussianBlurArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, channels) = (args.dst.width as usize, args.dst.channels as usize);
        let size = args.size as usize;
        let taps = &args.taps[..size];
        let radius = size / 2;
        let (frame, rows) = (strip.frame(), strip.rows());

        let samples = width * channels;
        let side = radius * channels;
        let stride = whole_blocks(samples);
        scratch::with(stride + 2 * side, size * stride, |padded, window| {
            // The sums of row `rows.start + i - radius`, reflected, are row i % size of the window. The rows for an output row
            // are therefore the whole window, beginning with the row that is replaced next.
            for i in 0..rows.len() + 2 * radius {
                let y = (rows.start + i) as isize - radius as isize;
                let row = source.row(frame, reflect(y, source.height()));
                padded[side..side + samples].copy_from_slice(row);
                pad_row(padded, width, channels, radius);
                let sums = &mut window[i % size * stride..][..stride];
                horizontal(self.level, taps, channels, padded, sums);
                if let Some(done) = i.checked_sub(2 * radius) {
                    let oldest = (i + 1) % size;
                    let out = strip.row(rows.start + done);
                    vertical(self.level, taps, window, oldest, out);
                }
            }
        });
    }
}

/// The horizontal pass over a padded row: `sums[i]` is the weighted sum of the samples `i`, `i + channels`, ... of `padded`. The
/// taps sum to 256, so that a sum is at most 65280.
fn horizontal(level: Level, taps: &[u16], channels: usize, padded: &[u8], sums: &mut [u16]) {
    // A number of taps that the compiler knows becomes straight-line code.
    dispatch!(level, _ => match taps.len() {
        3 => horizontal_row(taps, 1, channels, padded, sums),
        5 => horizontal_row(taps, 2, channels, padded, sums),
        7 => horizontal_row(taps, 3, channels, padded, sums),
        9 => horizontal_row(taps, 4, channels, padded, sums),
        size => horizontal_row(taps, size / 2, channels, padded, sums),
    });
}

#[inline(always)]
fn horizontal_row(taps: &[u16], radius: usize, channels: usize, padded: &[u8], sums: &mut [u16]) {
    for start in (0..sums.len()).step_by(BLOCK) {
        let center = block(padded, start + radius * channels);
        let mut sum = [0u16; BLOCK];
        for i in 0..BLOCK {
            sum[i] = taps[radius] * u16::from(center[i]);
        }
        for (k, &tap) in taps[..radius].iter().enumerate() {
            let left = block(padded, start + k * channels);
            let right = block(padded, start + (2 * radius - k) * channels);
            for i in 0..BLOCK {
                sum[i] += tap * (u16::from(left[i]) + u16::from(right[i]));
            }
        }
        *block_mut(sums, start) = sum;
    }
}

/// The vertical pass: an output row from the window of sums, whose topmost row is `oldest`; the rows after the last one continue
/// at its beginning.
fn vertical(level: Level, taps: &[u16], window: &[u16], oldest: usize, out: &mut [u8]) {
    dispatch!(level, _ => match taps.len() {
        3 => vertical_row(taps, 1, window, oldest, out),
        5 => vertical_row(taps, 2, window, oldest, out),
        7 => vertical_row(taps, 3, window, oldest, out),
        9 => vertical_row(taps, 4, window, oldest, out),
        size => vertical_row(taps, size / 2, window, oldest, out),
    });
}

#[inline(always)]
fn vertical_row(taps: &[u16], radius: usize, window: &[u16], oldest: usize, out: &mut [u8]) {
    let size = 2 * radius + 1;
    let stride = window.len() / size;
    let row = |k: usize| {
        let slot = oldest + k;
        (if slot < size { slot } else { slot - size }) * stride
    };
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let center = block(window, row(radius) + start);
        let mut sum = [0u32; BLOCK];
        for i in 0..BLOCK {
            sum[i] = u32::from(taps[radius]) * u32::from(center[i]) + 32768;
        }
        for (k, &tap) in taps[..radius].iter().enumerate() {
            let above = block(window, row(k) + start);
            let below = block(window, row(2 * radius - k) + start);
            for i in 0..BLOCK {
                sum[i] += u32::from(tap) * (u32::from(above[i]) + u32::from(below[i]));
            }
        }
        let mut values = [0u8; BLOCK];
        for i in 0..BLOCK {
            values[i] = (sum[i] >> 16) as u8;
        }
        store(out, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian_blur::GaussianBlur;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for (channels, size) in [(1, 3), (3, 5), (4, 7), (3, 9), (1, 11), (4, 31)] {
            let mut taps = [0; 32];
            let blur = GaussianBlur::new(size).expect("an odd size");
            taps[..size as usize].copy_from_slice(&blur.taps());
            same_at_all_levels(
                &format!("blur {size} x{channels}"),
                channels,
                ImageShape::u8(WIDTH, HEIGHT, channels),
                |src, dst| GaussianBlurArgs {
                    src,
                    dst,
                    size,
                    reserved: 0,
                    taps,
                },
                |level| Arc::new(HostCode(BlurHost { level })),
            );
        }
    }
}
