//! Affine warp on the host, a block of columns at a time: places and mixing are vector code, pixels are fetched one by
//! one.

use super::lanes::{LANES, store};
use super::view::{Source, Strip, StripKernel};
use crate::reference::WARP_GROUP;
use crate::{ImageParam, kernels::args::WarpArgs};
use fearless_simd::{Level, dispatch};

/// Pixels of output that are worth a strip.
const LEAST_PIXELS: usize = 8 * 1024;

/// From 2^23 on f32 has no fractional bits.
const INTEGERS_ONLY: f32 = 8_388_608.0;

/// Host executor of [`WarpAffine`](crate::WarpAffine).
pub(crate) struct WarpHost {
    pub(crate) level: Level,
}

impl StripKernel for WarpHost {
    type Args = WarpArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &WarpArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &WarpArgs) -> usize {
        LEAST_PIXELS.div_ceil(args.dst.width as usize)
    }

    fn run(&self, args: &WarpArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        match args.dst.channels {
            1 => dispatch!(self.level, _ => warp_strip::<1>(args, source, strip)),
            3 => dispatch!(self.level, _ => warp_strip::<3>(args, source, strip)),
            _ => dispatch!(self.level, _ => warp_strip::<4>(args, source, strip)),
        }
    }
}

#[inline(always)]
fn warp_strip<const C: usize>(args: &WarpArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
    let frame = strip.frame();
    let grouped = args.dst.width as usize / WARP_GROUP * WARP_GROUP;
    let corners = Corners::<C> {
        source,
        frame,
        width: args.src.width as i32,
        height: args.src.height as i32,
        value: std::array::from_fn(|c| args.value[c]),
    };
    // Four corners of each pixel, a row of a block for each corner and channel.
    let mut pixels = [[[0_u8; LANES]; 4]; C];
    for y in strip.rows() {
        let out = strip.row(y).as_chunks_mut::<C>().0;
        for (block, out) in out.chunks_mut(LANES).enumerate() {
            let first = block * LANES;
            let [a, b, c, d, e, f] = args.map;
            let (left, across) = places(first, y, [a, b, c], grouped);
            let (top, down) = places(first, y, [d, e, f], grouped);
            for lane in 0..out.len() {
                let corner = corners.at(left[lane], top[lane]);
                for (channel, pixels) in pixels.iter_mut().enumerate() {
                    for (pixels, corner) in pixels.iter_mut().zip(&corner) {
                        pixels[lane] = corner[channel];
                    }
                }
            }
            for (channel, pixels) in pixels.iter().enumerate() {
                let mixed = mix(pixels, &across, &down);
                let mut samples = [0; LANES];
                store(&mut samples, &mixed);
                for (out, sample) in out.iter_mut().zip(samples) {
                    out[channel] = sample;
                }
            }
        }
    }
}

/// One coordinate of the source for the columns of row `y` from `first` on: its floor and its fraction.
#[inline(always)]
fn places(
    first: usize,
    y: usize,
    [a, b, c]: [f32; 3],
    grouped: usize,
) -> ([i32; LANES], [f32; LANES]) {
    let product = y as f32 * b;
    let sum = product + c;
    let (mut floors, mut fractions) = ([0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let x = first + lane;
        let at = if x < grouped {
            (x as f32).mul_add(a, sum)
        } else {
            (x as f32).mul_add(a, product) + c
        };
        // Far outside is as good as just outside, and fits an i32. Sides are at most 65536.
        let at = at.clamp(-2.0, 131_072.0);
        let floor = at.floor();
        floors[lane] = floor as i32;
        fractions[lane] = at - floor;
    }
    (floors, fractions)
}

/// Where corners are fetched from.
struct Corners<'a, const C: usize> {
    source: &'a Source<'a, u8>,
    frame: usize,
    width: i32,
    height: i32,
    value: [u8; C],
}

impl<const C: usize> Corners<'_, C> {
    /// The pixel at column `x` and row `y`, its right neighbour, and those below them.
    #[inline(always)]
    fn at(&self, x: i32, y: i32) -> [[u8; C]; 4] {
        if (0..self.width - 1).contains(&x) && (0..self.height - 1).contains(&y) {
            let row = |y: i32| self.source.row(self.frame, y as usize).as_chunks::<C>().0;
            let (upper, lower, x) = (row(y), row(y + 1), x as usize);
            return [upper[x], upper[x + 1], lower[x], lower[x + 1]];
        }
        [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| {
            let (x, y) = (x + right, y + down);
            if (0..self.width).contains(&x) && (0..self.height).contains(&y) {
                let row = self.source.row(self.frame, y as usize);
                row.as_chunks::<C>().0[x as usize]
            } else {
                self.value
            }
        })
    }
}

/// Bilinear mixing of the four corners, rounded half to even.
#[inline(always)]
fn mix(corners: &[[u8; LANES]; 4], across: &[f32; LANES], down: &[f32; LANES]) -> [u8; LANES] {
    let between = |from: f32, to: f32, fraction: f32| fraction.mul_add(to - from, from);
    std::array::from_fn(|lane| {
        let [a, b, c, d] = std::array::from_fn(|corner| f32::from(corners[corner][lane]));
        let upper = between(a, b, across[lane]);
        let lower = between(c, d, across[lane]);
        let mixed = between(upper, lower, down[lane]);
        // It is within 0..=255 but for less than half a step, and adding 2^23 rounds it, half to even, into the low bits.
        (mixed + INTEGERS_ONLY).to_bits() as u8
    })
}
