//! The host executor of warps, a block of columns at a time. Positions and bilinear interpolation are vector code; pixels are fetched
//! one by one.

mod bilinear;
mod cubic;
mod grid;
mod pixels;
mod positions;

use super::WarpKernel;
use crate::host::simd::BLOCK;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bilinear::bilinear_block;
use cubic::cubic_block;
use fearless_simd::{Level, dispatch};
use grid::grid_block;
use pixelflume_kernels::args::{WarpArgs, WarpOutside, WarpPositions};
use pixels::Pixels;
use positions::{Positions, to_int};

/// The fewest pixels of output that are worth a strip of their own.
const LEAST_PIXELS: usize = 8 * 1024;

/// The host executor of warps.
pub(super) struct WarpHost {
    pub(super) level: Level,
    pub(super) kernel: WarpKernel,
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
            1 => self.strip::<1>(args, source, strip),
            3 => self.strip::<3>(args, source, strip),
            _ => self.strip::<4>(args, source, strip),
        }
    }
}

impl WarpHost {
    fn strip<const C: usize>(
        &self,
        args: &WarpArgs,
        source: &Source<'_, u8>,
        strip: &mut Strip<'_, u8>,
    ) {
        let constant = args.outside == WarpOutside::CONSTANT;
        let is_grid = args.positions >= WarpPositions::GRID_AFFINE;
        match self.kernel {
            WarpKernel::Nearest if is_grid => {
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::grid, nearest_block));
            }
            WarpKernel::Nearest => {
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::fused, nearest_block));
            }
            WarpKernel::Bilinear if constant => {
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::fused, bilinear_block::<C, true>));
            }
            WarpKernel::Bilinear => {
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::fused, bilinear_block::<C, false>));
            }
            WarpKernel::Cubic => {
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::plain, cubic_block));
            }
            WarpKernel::Grid => {
                let mixed = args.outside != WarpOutside::NOTHING;
                dispatch!(self.level, _ => blocks::<C>(args, source, strip, Positions::grid,
                    |pixels, positions, out| grid_block(pixels, positions, mixed, out)));
            }
        }
    }
}

/// Computes the rows of a strip by blocks of columns: the positions of a block, and its pixels at these positions.
#[inline(always)]
fn blocks<'a, const C: usize>(
    args: &'a WarpArgs,
    source: &'a Source<'a, u8>,
    strip: &mut Strip<'_, u8>,
    positions: impl Fn(&WarpArgs, usize, usize) -> Positions,
    compute: impl Fn(&mut Pixels<'a, C>, &Positions, &mut [[u8; C]]),
) {
    let mut pixels = Pixels::<C>::new(args, source, strip.frame());
    for y in strip.rows() {
        let out = strip.row(y).as_chunks_mut::<C>().0;
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let positions = positions(args, block * BLOCK, y);
            compute(&mut pixels, &positions, out);
        }
    }
}

#[inline(always)]
fn nearest_block<const C: usize>(
    pixels: &mut Pixels<'_, C>,
    positions: &Positions,
    out: &mut [[u8; C]],
) {
    let (mut columns, mut rows) = ([0; BLOCK], [0; BLOCK]);
    for lane in 0..BLOCK {
        columns[lane] = to_int(positions.columns[lane].round_ties_even());
        rows[lane] = to_int(positions.rows[lane].round_ties_even());
    }
    for (lane, out) in out.iter_mut().enumerate() {
        *out = pixels.pixel(columns[lane], rows[lane]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use pixelflume_kernels::args::WarpPositions;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        let opencv = [WarpKernel::Nearest, WarpKernel::Bilinear, WarpKernel::Cubic];
        let torchvision = [WarpKernel::Nearest, WarpKernel::Grid];
        for (positions, outside, kernels) in [
            (WarpPositions::AFFINE, WarpOutside::CONSTANT, &opencv[..]),
            (WarpPositions::PERSPECTIVE, WarpOutside::CONSTANT, &opencv),
            (WarpPositions::PERSPECTIVE, WarpOutside::REFLECT, &opencv),
            (
                WarpPositions::GRID_AFFINE,
                WarpOutside::CONSTANT,
                &torchvision,
            ),
            (
                WarpPositions::GRID_AFFINE_FUSED,
                WarpOutside::NOTHING,
                &torchvision[1..],
            ),
            (
                WarpPositions::GRID_PERSPECTIVE,
                WarpOutside::NOTHING,
                &torchvision[1..],
            ),
            (
                WarpPositions::GRID_PERSPECTIVE_FUSED,
                WarpOutside::CONSTANT,
                &torchvision,
            ),
        ] {
            let is_grid = positions >= WarpPositions::GRID_AFFINE;
            // Positions of a grid are from -1 to 1 inside the source.
            let map = match is_grid {
                true => [0.009, -0.004, 0.1, 0.01, 0.07, -0.25, 0.001, -0.002, 1.0],
                false => [0.913, -0.37, 9.0, 0.11, 0.77, -3.25, 0.001, -0.002, 1.0],
            };
            for (channels, &kernel) in [1, 3, 4]
                .into_iter()
                .flat_map(|channels| kernels.iter().map(move |of| (channels, of)))
            {
                same_at_all_levels(
                    &format!("{kernel:?} {positions}"),
                    channels,
                    ImageShape::u8(WIDTH + 7, HEIGHT, channels),
                    |src, dst| WarpArgs {
                        src,
                        dst,
                        map,
                        value: [1, 20, 100, 250],
                        positions,
                        outside,
                    },
                    |level| Arc::new(HostCode(WarpHost { level, kernel })),
                );
            }
        }
    }
}
