//! Operators with two inputs on the host: samples without channels, row by row.

use super::view::{PairKernel, Source, Strip};
use crate::{ImageParam, kernels::args::BinaryArgs};
use fearless_simd::{Level, dispatch};

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 64 * 1024;

/// Host executor of [`AbsDiff`](crate::AbsDiff).
pub(crate) struct AbsDiffHost {
    pub(crate) level: Level,
}

/// Host executor of [`Blend`](crate::Blend).
pub(crate) struct BlendHost {
    pub(crate) level: Level,
}

fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
    ([&args.a, &args.b], &args.dst)
}

fn least_rows(args: &BinaryArgs) -> usize {
    LEAST_BYTES.div_ceil(args.dst.width as usize)
}

fn for_each_row(
    [a, b]: [&Source<'_, u8>; 2],
    strip: &mut Strip<'_, u8>,
    row: impl Fn(&[u8], &[u8], &mut [u8]),
) {
    let frame = strip.frame();
    for y in strip.rows() {
        row(a.row(frame, y), b.row(frame, y), strip.row(y));
    }
}

impl PairKernel for AbsDiffHost {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, _args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => abs_diff_row(a, b, out));
        });
    }
}

impl PairKernel for BlendHost {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        let weight = args.weight as u16;
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => blend_row(weight, a, b, out));
        });
    }
}

#[inline(always)]
fn abs_diff_row(a: &[u8], b: &[u8], out: &mut [u8]) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = a.abs_diff(b);
    }
}

/// The weights sum to 256, so a sum is at most 255 * 256 + 128, which fits 16 bits.
#[inline(always)]
fn blend_row(weight: u16, a: &[u8], b: &[u8], out: &mut [u8]) {
    let rest = 256 - weight;
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = ((u16::from(a) * weight + u16::from(b) * rest + 128) >> 8) as u8;
    }
}
