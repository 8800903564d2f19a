//! The host executor of gathers. The part of a row inside the source is copied at once, the borders pixel by pixel.

use crate::contract::stage::BorderMode;
use crate::host::border::reflect;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::GatherArgs;
use std::marker::PhantomData;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// A sample as bits, which are copied whatever they mean.
pub(crate) trait Bits: Pod + Send + Sync {
    /// The sample of these bits, in the low bytes.
    fn of(bits: u32) -> Self;
}

impl Bits for u8 {
    fn of(bits: u32) -> Self {
        bits as u8
    }
}

impl Bits for u16 {
    fn of(bits: u32) -> Self {
        bits as u16
    }
}

impl Bits for u32 {
    fn of(bits: u32) -> Self {
        bits
    }
}

/// The host executor of [`Crop`](crate::Crop), [`CenterCrop`](crate::CenterCrop), [`Flip`](crate::Flip),
/// [`Pad`](crate::Pad), [`PadTo`](crate::PadTo), and of the border of [`Letterbox`](crate::Letterbox), for samples of the size of `T`.
pub(crate) struct GatherHost<T> {
    level: Level,
    sample: PhantomData<T>,
}

impl<T> GatherHost<T> {
    pub(crate) const fn new(level: Level) -> Self {
        let sample = PhantomData;
        GatherHost { level, sample }
    }
}

impl<T: Bits> StripKernel for GatherHost<T> {
    type Args = GatherArgs;
    type Source = T;
    type Target = T;

    fn images(args: &GatherArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &GatherArgs) -> usize {
        let samples = args.dst.width as usize * args.dst.channels as usize;
        LEAST_BYTES.div_ceil(samples * size_of::<T>())
    }

    fn source_rows(&self, args: &GatherArgs, rows: Range<usize>) -> Range<usize> {
        if BorderMode::of(args.outside) == BorderMode::FrameOnly {
            return 0..0;
        }
        let read = rows.filter_map(|row| source_row(args, row));
        // The range is empty where all rows are outside the source.
        read.map(|row| row..row + 1)
            .reduce(|all, row| all.start.min(row.start)..all.end.max(row.end))
            .unwrap_or_default()
    }

    fn run(&self, args: &GatherArgs, source: &Source<'_, T>, strip: &mut Strip<'_, T>) {
        match args.dst.channels {
            1 => dispatch!(self.level, _ => gather_strip::<1, T>(args, source, strip)),
            3 => dispatch!(self.level, _ => gather_strip::<3, T>(args, source, strip)),
            _ => dispatch!(self.level, _ => gather_strip::<4, T>(args, source, strip)),
        }
    }
}

/// The source index for position `at`, which counts from the first of the `len` pixels of the source; `None` where the output is
/// constant.
#[inline(always)]
fn index(at: i64, len: i64, outside: BorderMode) -> Option<i64> {
    match outside {
        _ if (0..len).contains(&at) => Some(at),
        BorderMode::Constant | BorderMode::FrameOnly => None,
        BorderMode::Replicate => Some(at.clamp(0, len - 1)),
        BorderMode::Reflect101 => Some(reflect(at as isize, len as usize) as i64),
    }
}

/// The plane of a row of the output.
#[inline(always)]
fn plane(args: &GatherArgs, row: usize) -> usize {
    row / (args.dst.height as usize / args.planes as usize)
}

/// The source row of a row of the output; `None` where the row is constant. Rows are counted over all planes.
#[inline(always)]
fn source_row(args: &GatherArgs, row: usize) -> Option<usize> {
    let planes = args.planes as usize;
    let rows = [args.src.height, args.dst.height].map(|height| height as usize / planes);
    let plane = plane(args, row);
    let y = row - plane * rows[1];
    let (top, height) = (i64::from(args.top), i64::from(args.inner_height));
    let v = index(y as i64 - top, height, BorderMode::of(args.outside))?;
    let mirrored = args.flip & 2 != 0;
    let v = if mirrored { height - 1 - v } else { v };
    Some(plane * rows[0] + v as usize)
}

#[inline(always)]
fn gather_strip<const C: usize, T: Bits>(
    args: &GatherArgs,
    source: &Source<'_, T>,
    strip: &mut Strip<'_, T>,
) {
    let outside = BorderMode::of(args.outside);
    let (left, width) = (i64::from(args.left), i64::from(args.inner_width));
    let columns = i64::from(args.dst.width);
    // The columns of the output that are inside the source.
    let begin = left.clamp(0, columns);
    let end = (left + width).clamp(begin, columns);
    let frame = strip.frame();
    for y in strip.rows() {
        // Planar images have one channel in each plane.
        let plane = plane(args, y);
        let value: [T; C] = std::array::from_fn(|c| T::of(args.value[plane + c]));
        let out = strip.row(y).as_chunks_mut::<C>().0;
        let Some(v) = source_row(args, y) else {
            out.fill(value);
            continue;
        };
        let (before, rest) = out.split_at_mut(begin as usize);
        let (inside, after) = rest.split_at_mut((end - begin) as usize);
        if outside == BorderMode::FrameOnly {
            before.fill(value);
            after.fill(value);
            continue;
        }
        let row = source.row(frame, v).as_chunks::<C>().0;
        // Behind the row where the output has none of its columns.
        let first = ((begin - left) as usize).min(row.len());
        if args.flip & 1 == 0 {
            inside.copy_from_slice(&row[first..first + inside.len()]);
        } else {
            let mirrored = row[..row.len() - first].iter().rev();
            for (out, pixel) in inside.iter_mut().zip(mirrored) {
                *out = *pixel;
            }
        }
        let border = |x: i64| match index(x - left, width, outside) {
            None => value,
            Some(u) if args.flip & 1 == 0 => row[u as usize],
            Some(u) => row[(width - 1 - u) as usize],
        };
        for (x, out) in (0..).zip(before) {
            *out = border(x);
        }
        for (x, out) in (end..).zip(after) {
            *out = border(x);
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
            for (flip, outside) in [(0, 0), (1, 1), (2, 2), (3, 0)] {
                let args = |src, dst| GatherArgs {
                    src,
                    dst,
                    left: 5,
                    top: -3,
                    inner_width: WIDTH,
                    inner_height: HEIGHT,
                    flip,
                    outside,
                    planes: 1,
                    reserved: 0,
                    value: [1, 2, 3, 4],
                };
                let shape = ImageShape::u8(WIDTH + 9, HEIGHT, channels);
                same_at_all_levels("gather", channels, shape, args, |level| {
                    Arc::new(HostCode(GatherHost::<u8>::new(level)))
                });
            }
        }
    }
}
