//! Weighted sums over quads, the inner loop of both passes.
//!
//! A *quad* is four consecutive positions along the axis of a pass, in 16 lanes across it: 16 rows in the horizontal pass, 16
//! samples of a row in the vertical pass. Samples are there as 16-bit numbers in pairs, so that one multiply-add of pairs weights
//! two positions of every lane; the sums need no addition across lanes.

use super::weights::{QuadAxis, QuadWeights, SpanWeights};
use bytemuck::{Pod, Zeroable};
use fearless_simd::{Simd, i16x32, i32x16, prelude::*, u8x16, u8x64, u16x32, u32x16};

/// The lanes of a quad.
pub(super) const LANES: usize = 16;

/// The bytes of a lane that [`gather`] loads.
pub(super) const LOADED: usize = 16;

/// The samples at four consecutive positions, in [`LANES`] lanes: first the pairs of positions 0 and 2 of all lanes, then the pairs
/// of positions 1 and 3.
#[derive(Copy, Clone, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Quad(pub(super) [i16; 4 * LANES]);

/// The samples of one column or row of the output, in `N` times [`LANES`] lanes. `quads` gives those of the span in order.
#[inline(always)]
pub(super) fn weigh<'q, S: Simd, const N: usize>(
    simd: S,
    axis: &QuadAxis,
    index: usize,
    quads: impl Iterator<Item = &'q [Quad; N]> + Clone,
) -> [[u8; LANES]; N] {
    let shift = axis.shift();
    let mut sums = [i32x16::splat(simd, 1 << (shift - 1)); N];
    match axis.weights(index) {
        SpanWeights::Whole(weights) => add(simd, &mut sums, quads, weights),
        SpanWeights::Cut { low, high } => {
            // The sum of a span fits 32 bits, so that the carries out of the parts do not matter.
            let mut upper = [i32x16::splat(simd, 0); N];
            add(simd, &mut upper, quads.clone(), high);
            add(simd, &mut sums, quads, low);
            for n in 0..N {
                sums[n] += upper[n] << QuadAxis::HIGH_SHIFT;
            }
        }
    }
    let mut samples = [[0; LANES]; N];
    for n in 0..N {
        let sums: [i32; LANES] = (sums[n] >> shift).to_array();
        for lane in 0..LANES {
            samples[n][lane] = sums[lane].clamp(0, 255) as u8;
        }
    }
    samples
}

/// Adds the weighted samples to `sums`.
#[inline(always)]
fn add<'q, S: Simd, const N: usize>(
    simd: S,
    sums: &mut [i32x16<S>; N],
    quads: impl Iterator<Item = &'q [Quad; N]>,
    weights: &[QuadWeights],
) {
    for (quad, weights) in quads.zip(weights) {
        for half in 0..2 {
            let weights = i16x32::from_bytes(i32x16::splat(simd, weights[half]).to_bytes());
            for n in 0..N {
                let pairs = &quad[n].0[half * 2 * LANES..][..2 * LANES];
                let pairs = i16x32::from_slice(simd, pairs);
                sums[n] += pairs.pairwise_dot_product(weights);
            }
        }
    }
}

/// Makes quads of the 16 bytes of each lane that begin at `start`: one quad of each of three or four channels, or four quads of one
/// channel.
#[inline(always)]
pub(super) fn gather<S: Simd, const C: usize>(
    simd: S,
    lanes: [&[u8]; LANES],
    start: usize,
    quads: &mut [Quad],
) {
    // The samples of a quad become neighbors.
    let order = match C {
        1 => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        3 => [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, 12, 13, 14, 15],
        _ => [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    };
    let order = u8x16::simd_from(simd, order);
    let lanes = lanes.as_chunks().0;
    let a = load::<S, C>(simd, &lanes[0], start, order);
    let b = load::<S, C>(simd, &lanes[1], start, order);
    let c = load::<S, C>(simd, &lanes[2], start, order);
    let d = load::<S, C>(simd, &lanes[3], start, order);
    // Number i of each four numbers is the quad i of a lane: the numbers of all lanes are brought together.
    let (even, odd) = (a.unzip_low(b), a.unzip_high(b));
    let (next_even, next_odd) = (c.unzip_low(d), c.unzip_high(d));
    let all = [
        even.unzip_low(next_even),
        odd.unzip_low(next_odd),
        even.unzip_high(next_even),
        odd.unzip_high(next_odd),
    ];
    for (samples, target) in all.into_iter().zip(quads) {
        let samples = u16x32::from_bytes(samples.to_bytes());
        let (first, second) = target.0.split_at_mut(2 * LANES);
        i16x32::from_bytes((samples & 0xff).to_bytes()).store_slice(first);
        i16x32::from_bytes((samples >> 8).to_bytes()).store_slice(second);
    }
}

/// 16 bytes of each of four lanes as numbers of four bytes, in this order of the bytes of a lane.
#[inline(always)]
fn load<S: Simd, const C: usize>(
    simd: S,
    lanes: &[&[u8]; 4],
    start: usize,
    order: u8x16<S>,
) -> u32x16<S> {
    let [a, b, c, d] = lanes.map(|lane| u8x16::from_slice(simd, &lane[start..start + LOADED]));
    let bytes = a.combine(b).combine(c.combine(d));
    u32x16::from_bytes(match C {
        1 => bytes,
        _ => bytes.swizzle_dyn_within_blocks(u8x64::block_splat(order)),
    })
}
