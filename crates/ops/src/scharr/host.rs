//! Scharr derivatives on the host.

use crate::host::border::{pad_row, reflect};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ScharrArgs;

/// Bytes of input that are worth a strip.
const LEAST_BYTES: usize = 32 * 1024;

/// Host executor of [`Scharr`](crate::Scharr): of the derivative along x, or along y.
pub(crate) struct ScharrHost<const ALONG_X: bool> {
    pub(crate) level: Level,
}

impl<const ALONG_X: bool> StripKernel for ScharrHost<ALONG_X> {
    type Args = ScharrArgs;
    type Source = u8;
    type Target = i16;

    fn images(args: &ScharrArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ScharrArgs) -> usize {
        LEAST_BYTES.div_ceil(args.src.width as usize * args.src.channels as usize)
    }

    fn halo(&self, _args: &ScharrArgs) -> Option<usize> {
        Some(1)
    }

    fn run(&self, args: &ScharrArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, i16>) {
        let (width, channels) = (args.src.width as usize, args.src.channels as usize);
        let samples = width * channels;
        let stride = whole_blocks(samples) + 2 * channels;
        let frame = strip.frame();
        scratch::with(3 * stride, 0, |rows, _| {
            for y in strip.rows() {
                for (k, row) in rows.chunks_exact_mut(stride).enumerate() {
                    let y = reflect((y + k) as isize - 1, source.height());
                    row[channels..channels + samples].copy_from_slice(source.row(frame, y));
                    pad_row(row, width, channels, 1);
                }
                let out = strip.row(y);
                dispatch!(self.level, _ => scharr_row::<ALONG_X>(channels, stride, rows, out));
            }
        });
    }
}

/// `rows` are the rows above, of and below the output, `stride` apart, each with one pixel before it and one behind.
#[inline(always)]
fn scharr_row<const ALONG_X: bool>(channels: usize, stride: usize, rows: &[u8], out: &mut [i16]) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let at = |row: usize, column: usize| block(rows, row * stride + start + column * channels);
        // Before and behind the sample along the derivative, at three places across it.
        let pair = |place: usize| match ALONG_X {
            true => (at(place, 0), at(place, 2)),
            false => (at(0, place), at(2, place)),
        };
        let ((a0, b0), (a1, b1), (a2, b2)) = (pair(0), pair(1), pair(2));
        let mut values = [0; BLOCK];
        for i in 0..BLOCK {
            let difference = |before: u8, behind: u8| i16::from(behind) - i16::from(before);
            let outer = difference(a0[i], b0[i]) + difference(a2[i], b2[i]);
            values[i] = 3 * outer + 10 * difference(a1[i], b1[i]);
        }
        store(out, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::{ImageShape, SampleType};
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            let shape = ImageShape {
                sample: SampleType::I16,
                ..ImageShape::u8(WIDTH, HEIGHT, channels)
            };
            let args = |along_y| {
                move |src, dst| ScharrArgs {
                    src,
                    dst,
                    along_y,
                    reserved: 0,
                }
            };
            same_at_all_levels("scharr", channels, shape, args(0), |level| {
                Arc::new(HostCode(ScharrHost::<true> { level }))
            });
            same_at_all_levels("scharr", channels, shape, args(1), |level| {
                Arc::new(HostCode(ScharrHost::<false> { level }))
            });
        }
    }
}
