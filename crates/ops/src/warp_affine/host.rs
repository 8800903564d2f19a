//! The host executor of `warp_affine`, a block of columns at a time. Positions and interpolation are vector code; pixels are
//! fetched one by one.

use crate::host::simd::{BLOCK, store};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use crate::warp_affine::reference::WARP_GROUP;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::WarpAffineArgs;

/// The fewest pixels of output that are worth a strip of their own.
const LEAST_PIXELS: usize = 8 * 1024;

/// 2^23: from here on f32 has no fractional bits.
const INTEGERS_ONLY: f32 = 8_388_608.0;

/// The most source rows that a block of the fast path reads: enough for every rotation that does not shrink the image.
const ROWS: usize = BLOCK + 2;

/// The host executor of [`WarpAffine`](crate::WarpAffine).
pub(crate) struct WarpHost {
    pub(crate) level: Level,
}

impl StripKernel for WarpHost {
    type Args = WarpAffineArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &WarpAffineArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &WarpAffineArgs) -> usize {
        LEAST_PIXELS.div_ceil(args.dst.width as usize)
    }

    fn run(&self, args: &WarpAffineArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        match args.dst.channels {
            1 => dispatch!(self.level, _ => warp_strip::<1>(args, source, strip)),
            3 => dispatch!(self.level, _ => warp_strip::<3>(args, source, strip)),
            _ => dispatch!(self.level, _ => warp_strip::<4>(args, source, strip)),
        }
    }
}

/// A block of pixels.
type Block<const C: usize> = [[u8; C]; BLOCK];

#[inline(always)]
fn warp_strip<const C: usize>(
    args: &WarpAffineArgs,
    source: &Source<'_, u8>,
    strip: &mut Strip<'_, u8>,
) {
    let (frame, columns) = (strip.frame(), args.dst.width as usize);
    let grouped = columns / WARP_GROUP * WARP_GROUP;
    let value: [u8; C] = std::array::from_fn(|c| args.value[c]);
    let mut pixels = Pixels::<C> {
        source,
        frame,
        width: args.src.width as i32,
        height: args.src.height as i32,
        value,
        rows: [&[]; ROWS],
        corners: [[[0; C]; BLOCK]; 4],
    };
    let [a, b, c, d, e, f] = args.map;
    for y in strip.rows() {
        let out = strip.row(y).as_chunks_mut::<C>().0;
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            let (left, across) = positions(first, y, [a, b, c], grouped);
            let (top, down) = positions(first, y, [d, e, f], grouped);
            if !pixels.fetch(&left[..out.len()], &top[..out.len()]) {
                out.fill(value);
                continue;
            }
            let mixed = interpolate(&pixels.corners, &across, &down);
            store(out, &mixed);
        }
    }
}

/// One source coordinate of the columns of row `y` from `first` on: its floors and its fractions.
#[inline(always)]
fn positions(
    first: usize,
    y: usize,
    [a, b, c]: [f32; 3],
    grouped: usize,
) -> ([i32; BLOCK], [f32; BLOCK]) {
    let product = y as f32 * b;
    let sum = product + c;
    let (mut floors, mut fractions) = ([0; BLOCK], [0.0; BLOCK]);
    for lane in 0..BLOCK {
        let x = first + lane;
        let at = if x < grouped {
            (x as f32).mul_add(a, sum)
        } else {
            (x as f32).mul_add(a, product) + c
        };
        // Positions farther outside give the same pixels; clamped, they fit an i32. Sides are at most 65536.
        let at = at.clamp(-2.0, 131_072.0);
        let floor = at.floor();
        floors[lane] = floor as i32;
        fractions[lane] = at - floor;
    }
    (floors, fractions)
}

/// Fetches the four source pixels of each output pixel of a block.
struct Pixels<'a, const C: usize> {
    source: &'a Source<'a, u8>,
    frame: usize,
    width: i32,
    height: i32,
    value: [u8; C],
    /// The source rows that the block reads.
    rows: [&'a [[u8; C]]; ROWS],
    /// The four source pixels of each output pixel: upper left, upper right, lower left, lower right.
    corners: [Block<C>; 4],
}

impl<const C: usize> Pixels<'_, C> {
    /// Fetches the source pixels of a block whose upper left pixels are at these columns and rows; returns `false` where all of
    /// them are outside the source.
    #[inline(always)]
    fn fetch(&mut self, left: &[i32], top: &[i32]) -> bool {
        let ((x0, x1), (y0, y1)) = (extremes(left), extremes(top));
        let (width, height) = (self.width, self.height);
        if x1 < -1 || y1 < -1 || x0 >= width || y0 >= height {
            return false;
        }
        let (rows, top) = ((y1 - y0) as usize + 2, &top[..left.len()]);
        if x0 >= 0 && x1 < width - 1 && y0 >= 0 && y1 < height - 1 && rows <= ROWS {
            for (k, row) in self.rows[..rows].iter_mut().enumerate() {
                let row_bytes = self.source.row(self.frame, y0 as usize + k);
                *row = row_bytes.as_chunks::<C>().0;
            }
            for (lane, &x) in left.iter().enumerate() {
                let y = top[lane];
                let (x, row) = (x as usize, (y - y0) as usize);
                let (upper, lower) = (self.rows[row], self.rows[row + 1]);
                let (upper, lower) = (&upper[x..x + 2], &lower[x..x + 2]);
                self.put(lane, [upper[0], upper[1], lower[0], lower[1]]);
            }
        } else {
            for (lane, &x) in left.iter().enumerate() {
                let y = top[lane];
                let (upper, lower) = (
                    [self.pixel(x, y), self.pixel(x + 1, y)],
                    [self.pixel(x, y + 1), self.pixel(x + 1, y + 1)],
                );
                self.put(lane, [upper[0], upper[1], lower[0], lower[1]]);
            }
        }
        true
    }

    #[inline(always)]
    fn put(&mut self, lane: usize, corners: [[u8; C]; 4]) {
        for (k, corner) in corners.iter().enumerate() {
            self.corners[k][lane] = *corner;
        }
    }

    /// A pixel of the source, or the border color outside of it.
    #[inline(always)]
    fn pixel(&self, x: i32, y: i32) -> [u8; C] {
        if (0..self.width).contains(&x) && (0..self.height).contains(&y) {
            let row = self.source.row(self.frame, y as usize);
            row.as_chunks::<C>().0[x as usize]
        } else {
            self.value
        }
    }
}

/// The minimum and the maximum.
#[inline(always)]
fn extremes(positions: &[i32]) -> (i32, i32) {
    positions
        .iter()
        .fold((i32::MAX, i32::MIN), |(least, most), &position| {
            (least.min(position), most.max(position))
        })
}

/// The bilinear interpolation of the four source pixels, rounded half to even.
#[inline(always)]
fn interpolate<const C: usize>(
    corners: &[Block<C>; 4],
    across: &[f32; BLOCK],
    down: &[f32; BLOCK],
) -> Block<C> {
    let between = |from: f32, to: f32, fraction: f32| fraction.mul_add(to - from, from);
    let [a, b, c, d] = corners;
    let (a, b, c, d) = (samples(a), samples(b), samples(c), samples(d));
    let (across, down) = (for_each_channel::<C>(across), for_each_channel::<C>(down));
    let (across, down) = (samples(&across), samples(&down));
    let mut mixed = [[0; C]; BLOCK];
    let out = &mut mixed.as_flattened_mut()[..C * BLOCK];
    for (i, out) in out.iter_mut().enumerate() {
        let upper = between(f32::from(a[i]), f32::from(b[i]), across[i]);
        let lower = between(f32::from(c[i]), f32::from(d[i]), across[i]);
        // The result is within 0..=255 but for an error below 1/2. Adding 2^23 rounds it, half to even, into the low bits.
        *out = (between(upper, lower, down[i]) + INTEGERS_ONLY).to_bits() as u8;
    }
    mixed
}

/// The samples of a block as a slice. `as_flattened` may not be inlined; the range tells the loops the length.
#[inline(always)]
fn samples<T, const C: usize>(block: &[[T; C]; BLOCK]) -> &[T] {
    &block.as_flattened()[..C * BLOCK]
}

/// Each number repeated for every channel of a pixel.
#[inline(always)]
fn for_each_channel<const C: usize>(numbers: &[f32; BLOCK]) -> [[f32; C]; BLOCK] {
    let mut repeated = [[0.0; C]; BLOCK];
    for lane in 0..BLOCK {
        repeated[lane] = [numbers[lane]; C];
    }
    repeated
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
            same_at_all_levels(
                "warp_affine",
                channels,
                ImageShape::u8(WIDTH + 7, HEIGHT, channels),
                |src, dst| WarpAffineArgs {
                    src,
                    dst,
                    map: [0.913, -0.37, 9.0, 0.11, 0.77, -3.25],
                    value: [1, 20, 100, 250],
                    reserved: 0,
                },
                |level| Arc::new(HostCode(WarpHost { level })),
            );
        }
    }
}
