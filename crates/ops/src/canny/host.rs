//! The host executor of `canny`: the classes of pixels in strips of rows, then the growth of the edges image by image.
//!
//! Between the two the output holds the classes.

mod gradient;

use crate::host::flood::{Flood, flood};
use crate::host::scratch;
use crate::host::simd::whole_blocks;
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use fearless_simd::{Level, dispatch};
use gradient::{differentiate, magnitudes, sum_column, suppress};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::CannyArgs;
use std::any::TypeId;

/// The fewest rows of a strip. A strip computes the gradients of two rows that its neighbors compute as well.
const LEAST_ROWS: usize = 16;

/// The class of a pixel that is no part of an edge.
const NONE: u8 = 0;
/// The class of a local maximum that is part of an edge where another pixel of the edge is strong.
const WEAK: u8 = 1;
/// The class of a local maximum that is part of an edge.
const STRONG: u8 = 2;
/// What a flood writes to a pixel that it has entered: this number and the direction.
const ENTERED: u8 = 16;
/// The value of the pixels of edges.
const EDGE: u8 = 255;

/// The host executor of [`Canny`](super::Canny) with an aperture of `TAPS` samples. It does not use the labels.
pub(super) struct CannyHost<const TAPS: usize> {
    pub(super) level: Level,
}

impl<const TAPS: usize> HostKernel for CannyHost<TAPS> {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<CannyArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let classify = |strip: &mut Strip<'_, u8>| self.classify(&args, &source, strip);
        // SAFETY: as above, and the source does not overlap it.
        unsafe { for_each_strip(workers, &args.dst, LEAST_ROWS, classify) };
        let (width, height) = (args.dst.width as usize, args.dst.height as usize);
        let grow = |image: &mut Strip<'_, u8>| grow(image, width, height);
        // A strip of all rows is an image.
        // SAFETY: as above; the strips of before are gone.
        unsafe { for_each_strip(workers, &args.dst, height, grow) };
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

impl<const TAPS: usize> CannyHost<TAPS> {
    /// Writes the classes of the pixels of a strip. The gradients of three rows are in memory, row `y` in place `(y + 1) % 3`.
    fn classify(&self, args: &CannyArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (width, height) = (args.src.width as usize, args.src.height as usize);
        let channels = args.src.channels as usize;
        let samples = whole_blocks(width * channels);
        let padded = samples + (TAPS - 1) * channels;
        let bytes = size_of::<i16>() * (2 * padded + 6 * samples);
        let (frame, rows) = (strip.frame(), strip.rows());
        let around = width + 2;
        scratch::with_longs(bytes, 3 * around, |bytes, longs| {
            let shorts: &mut [i16] = bytemuck::cast_slice_mut(bytes);
            let (columns, gradients) = shorts.split_at_mut(2 * padded);
            let lengths: &mut [i32] = bytemuck::cast_slice_mut(longs);
            for ahead in rows.start..rows.end + 2 {
                let place = ahead % 3;
                let lengths_here = &mut lengths[place * around..][..around];
                match ahead.checked_sub(1).filter(|&y| y < height) {
                    None => lengths_here.fill(0),
                    Some(y) => {
                        let window: [&[u8]; TAPS] = std::array::from_fn(|k| {
                            let y = (y + k).saturating_sub(TAPS / 2).min(height - 1);
                            source.row(frame, y)
                        });
                        let here = &mut gradients[2 * place * samples..][..2 * samples];
                        let (gx, gy) = here.split_at_mut(samples);
                        let euclidean = args.l2_gradient != 0;
                        dispatch!(self.level, _ => {
                            sum_column(window, channels, columns);
                            differentiate::<TAPS>(channels, columns, gx, gy);
                            magnitudes(channels, euclidean, gx, gy, lengths_here);
                        });
                    }
                }
                if ahead >= rows.start + 2 {
                    let y = ahead - 2;
                    let lengths = [y, y + 1, y + 2].map(|y| &lengths[y % 3 * around..][..around]);
                    let of_row = &gradients[2 * ((y + 1) % 3) * samples..][..2 * samples];
                    let gradient = of_row.split_at(samples);
                    suppress([args.low, args.high], lengths, gradient, strip.row(y));
                }
            }
        });
    }
}

/// Turns the classes of an image into its edges.
fn grow(image: &mut Strip<'_, u8>, width: usize, height: usize) {
    let mut edges = Edges {
        image: image.reborrow(),
    };
    for y in 0..height {
        let mut first = 0;
        while let Some(x) = edges.image.row(y)[first..]
            .iter()
            .position(|&class| class == STRONG)
        {
            flood::<8>(&mut edges, (width, height), (first + x, y));
            first += x + 1;
        }
    }
    for y in 0..height {
        for sample in image.row(y) {
            *sample = match *sample {
                EDGE => EDGE,
                _ => NONE,
            };
        }
    }
}

/// The classes of an image, with the edges that are found.
struct Edges<'a> {
    image: Strip<'a, u8>,
}

impl Flood for Edges<'_> {
    fn enter(&mut self, x: usize, y: usize, direction: u8) -> bool {
        let class = &mut self.image.row(y)[x];
        let is_new = matches!(*class, WEAK | STRONG);
        if is_new {
            *class = ENTERED + direction;
        }
        is_new
    }

    fn leave(&mut self, x: usize, y: usize) -> u8 {
        std::mem::replace(&mut self.image.row(y)[x], EDGE) - ENTERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::image::ImageShape;
    use std::sync::Arc;

    fn check<const TAPS: usize>(channels: u32, l2_gradient: u32, [low, high]: [i32; 2]) {
        same_at_all_levels(
            "canny",
            channels,
            ImageShape::u8(WIDTH, HEIGHT, 1),
            |src, dst| CannyArgs {
                src,
                dst,
                labels: 0,
                low,
                high,
                aperture: TAPS as u32,
                l2_gradient,
            },
            |level| Arc::new(CannyHost::<TAPS> { level }),
        );
    }

    #[test]
    fn every_instruction_set_computes_the_same() {
        for channels in [1, 3, 4] {
            check::<3>(channels, 0, [300, 600]);
            check::<3>(channels, 1, [90_000, 200_000]);
            check::<5>(channels, 0, [2_000, 4_000]);
            check::<7>(channels, 0, [1_000, 2_500]);
            check::<7>(channels, 1, [1_000_000, 5_000_000]);
        }
    }
}
