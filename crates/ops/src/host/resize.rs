//! Resize on the host.

use super::lanes::{LANES, block, store, whole_blocks};
use super::scratch;
use super::view::{Source, Strip, StripKernel};
use crate::{ImageParam, kernels::args::ResizeArgs, resize::Tap};
use fearless_simd::{Level, dispatch};
use std::sync::Arc;

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 32 * 1024;
/// Samples by which the last pixel of a row of sums may be overwritten; see [`horizontal_pixels`].
const SLACK: usize = 4;

/// Host executor of the bilinear [`Resize`](crate::Resize).
pub(crate) struct BilinearHost {
    pub(crate) level: Level,
    /// The taps of the columns, then those of the rows.
    pub(crate) taps: Arc<[Tap]>,
}

/// Host executor of the bilinear [`Resize`](crate::Resize) to exactly half the size.
pub(crate) struct HalfHost {
    pub(crate) level: Level,
}

/// Host executor of the nearest-neighbour [`Resize`](crate::Resize).
pub(crate) struct NearestHost {
    pub(crate) level: Level,
    /// The source columns, then the source rows.
    pub(crate) indices: Arc<[u32]>,
}

fn least_rows(args: &ResizeArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize * args.dst.channels as usize)
}

impl StripKernel for BilinearHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, channels) = (args.dst.width as usize, args.dst.channels as usize);
        let (columns, lines) = self.taps.split_at(width);
        let frame = strip.frame();
        let stride = whole_blocks(width * channels) + SLACK;
        scratch::with(0, 2 * stride, |_, sums| {
            let (first, second) = sums.split_at_mut(stride);
            let mut cache = [(None, first), (None, second)];
            for y in strip.rows() {
                let line = lines[y];
                let (top, bottom) = (line.index0 as usize, line.index1 as usize);
                // A row without weight adds nothing; asking for the other twice saves making it.
                let bottom = if line.weight1 == 0 { top } else { bottom };
                let top = if line.weight0 == 0 { bottom } else { top };
                for (wanted, other) in [(top, bottom), (bottom, top)] {
                    if cache.iter().all(|(row, _)| *row != Some(wanted)) {
                        let slot = usize::from(cache[0].0 == Some(other));
                        let row = source.row(frame, wanted);
                        horizontal(self.level, channels, columns, row, cache[slot].1);
                        cache[slot].0 = Some(wanted);
                    }
                }
                let sums = |wanted| match cache[0].0 == Some(wanted) {
                    true => &*cache[0].1,
                    false => &*cache[1].1,
                };
                vertical(self.level, line, sums(top), sums(bottom), strip.row(y));
            }
        });
    }
}

/// The weighted sums of a row, H >> 4: all that the vertical pass uses of them. At most 255 * 2049 >> 4, below 2^15.
fn horizontal(level: Level, channels: usize, taps: &[Tap], row: &[u8], sums: &mut [u16]) {
    match channels {
        1 => dispatch!(level, _ => horizontal_samples::<1>(taps, row, sums)),
        3 => dispatch!(level, _ => horizontal_pixels::<3>(taps, row, sums)),
        _ => dispatch!(level, _ => horizontal_pixels::<4>(taps, row, sums)),
    }
}

#[inline(always)]
fn weigh(tap: &Tap, a: u8, b: u8) -> u16 {
    ((tap.weight0 * i32::from(a) + tap.weight1 * i32::from(b)) >> 4) as u16
}

#[inline(always)]
fn horizontal_samples<const C: usize>(taps: &[Tap], row: &[u8], sums: &mut [u16]) {
    let pixels = row.as_chunks::<C>().0;
    for (tap, sums) in taps.iter().zip(sums.as_chunks_mut::<C>().0) {
        let (a, b) = (&pixels[tap.index0 as usize], &pixels[tap.index1 as usize]);
        for c in 0..C {
            sums[c] = weigh(tap, a[c], b[c]);
        }
    }
}

/// Works on four samples of a pixel at once. With three channels the fourth is the first of the next pixel: it is read,
/// as long as there is one in the row, and what becomes of it is overwritten by the next pixel.
#[inline(always)]
fn horizontal_pixels<const C: usize>(taps: &[Tap], row: &[u8], sums: &mut [u16]) {
    let whole = taps.partition_point(|tap| tap.index1 as usize * C + 4 <= row.len());
    let (whole, rest) = taps.split_at(whole);
    for (x, tap) in whole.iter().enumerate() {
        let (a, b) = (tap.index0 as usize * C, tap.index1 as usize * C);
        let (a, b) = (&row[a..a + 4], &row[b..b + 4]);
        let sums = &mut sums[x * C..x * C + 4];
        for c in 0..4 {
            sums[c] = weigh(tap, a[c], b[c]);
        }
    }
    horizontal_samples::<C>(rest, row, &mut sums[whole.len() * C..]);
}

/// `((w0 * (H0 >> 4)) >> 16) + ((w1 * (H1 >> 4)) >> 16) + 2) >> 2`: the products take the upper half of 16 x 16 bits.
fn vertical(level: Level, line: Tap, top: &[u16], bottom: &[u16], out: &mut [u8]) {
    let weights = (line.weight0 as u16, line.weight1 as u16);
    dispatch!(level, _ => vertical_row(weights, top, bottom, out));
}

#[inline(always)]
fn vertical_row((w0, w1): (u16, u16), top: &[u16], bottom: &[u16], out: &mut [u8]) {
    let upper = |sum: u16, weight: u16| ((u32::from(sum) * u32::from(weight)) >> 16) as u16;
    for (start, out) in (0..).step_by(LANES).zip(out.chunks_mut(LANES)) {
        let (top, bottom) = (block(top, start), block(bottom, start));
        let mut values = [0u8; LANES];
        for i in 0..LANES {
            let sum = upper(top[i], w0) + upper(bottom[i], w1) + 2;
            values[i] = (sum >> 2).min(255) as u8;
        }
        store(out, &values);
    }
}

impl StripKernel for HalfHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            let (a, b) = (source.row(frame, 2 * y), source.row(frame, 2 * y + 1));
            let out = strip.row(y);
            match args.dst.channels {
                1 => dispatch!(self.level, _ => halve::<1, 2>(a, b, out)),
                3 => dispatch!(self.level, _ => halve::<3, 6>(a, b, out)),
                _ => dispatch!(self.level, _ => halve::<4, 8>(a, b, out)),
            }
        }
    }
}

/// The rounded means of the 2x2 blocks of two rows, with `C` channels and `P = 2 * C` samples of a pair of pixels.
#[inline(always)]
fn halve<const C: usize, const P: usize>(top: &[u8], bottom: &[u8], out: &mut [u8]) {
    let pairs = top.as_chunks::<P>().0.iter().zip(bottom.as_chunks::<P>().0);
    for ((a, b), out) in pairs.zip(out.as_chunks_mut::<C>().0) {
        for c in 0..C {
            let sum = u16::from(a[c]) + u16::from(a[C + c]) + u16::from(b[c]) + u16::from(b[C + c]);
            out[c] = ((sum + 2) >> 2) as u8;
        }
    }
}

impl StripKernel for NearestHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (columns, lines) = self.indices.split_at(args.dst.width as usize);
        let (frame, rows) = (strip.frame(), strip.rows());
        for y in rows.clone() {
            if y > rows.start && lines[y] == lines[y - 1] {
                strip.copy_row(y - 1, y);
                continue;
            }
            let row = source.row(frame, lines[y] as usize);
            let out = strip.row(y);
            match args.dst.channels {
                1 => dispatch!(self.level, _ => pick::<1>(columns, row, out)),
                3 => dispatch!(self.level, _ => pick::<3>(columns, row, out)),
                _ => dispatch!(self.level, _ => pick::<4>(columns, row, out)),
            }
        }
    }
}

#[inline(always)]
fn pick<const C: usize>(columns: &[u32], row: &[u8], out: &mut [u8]) {
    let pixels = row.as_chunks::<C>().0;
    for (&column, out) in columns.iter().zip(out.as_chunks_mut::<C>().0) {
        *out = pixels[column as usize];
    }
}
