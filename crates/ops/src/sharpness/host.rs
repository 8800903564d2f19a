//! The host executor of `sharpness`.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::SharpnessArgs;

/// Bytes of input that are worth a strip.
const LEAST_BYTES: usize = 32 * 1024;

/// The host executor of [`Sharpness`](super::Sharpness).
pub(crate) struct SharpnessHost {
    pub(crate) level: Level,
}

impl StripKernel for SharpnessHost {
    type Args = SharpnessArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &SharpnessArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &SharpnessArgs) -> usize {
        LEAST_BYTES.div_ceil(args.src.width as usize * args.src.channels as usize)
    }

    fn halo(&self, _args: &SharpnessArgs) -> Option<usize> {
        Some(1)
    }

    fn run(&self, args: &SharpnessArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (channels, width) = (args.src.channels as usize, args.src.width as usize);
        let (frame, last) = (strip.frame(), source.height() - 1);
        for y in strip.rows() {
            let (row, out) = (source.row(frame, y), strip.row(y));
            out.copy_from_slice(row);
            if width >= 3 && 0 < y && y < last {
                let (above, below) = (source.row(frame, y - 1), source.row(frame, y + 1));
                let end = out.len() - channels;
                let inner = &mut out[channels..end];
                dispatch!(self.level, _ => sharpen(channels, args.rest, [above, row, below], inner));
            }
        }
    }
}

/// Sharpens the samples between the first and the last pixel of a row. `rows` are the row above, the row, and the row below.
#[inline(always)]
fn sharpen(channels: usize, rest: f32, rows: [&[u8]; 3], out: &mut [u8]) {
    // The samples to the left, in the middle and to the right of each sample of `out`.
    let windows = rows.map(|row| {
        let window = |column: usize| &row[column * channels..][..out.len()];
        [window(0), window(1), window(2)]
    });
    for (x, out) in out.iter_mut().enumerate() {
        let sum: u32 = windows
            .iter()
            .flatten()
            .map(|samples| u32::from(samples[x]))
            .sum();
        let sample = windows[1][1][x];
        // The sum divided by 13, rounded.
        let mean = (2 * (sum + 4 * u32::from(sample)) + 13) / 26;
        let sample = f32::from(sample);
        // `as` clamps and truncates.
        *out = (mean as f32 - sample).mul_add(rest, sample) as u8;
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
        for channels in [1, 3] {
            let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
            let args = |src, dst| SharpnessArgs {
                src,
                dst,
                rest: -0.7,
                reserved: 0,
            };
            same_at_all_levels("sharpness", channels, shape, args, |level| {
                Arc::new(HostCode(SharpnessHost { level }))
            });
        }
    }
}
