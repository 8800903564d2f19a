//! Weighted sums over quads, the inner loop of both passes.
//!
//! A *quad* is four consecutive positions along the axis of a pass, in 16 lanes across it: 16 rows in the horizontal pass, 16
//! samples of a row in the vertical pass. Samples are there as 16-bit numbers in pairs, so that one multiply-add of pairs weights
//! two positions of every lane; the sums need no addition across lanes.

use super::weights::{QuadAxis, QuadWeights, SpanWeights};
use bytemuck::{Pod, Zeroable};
use fearless_simd::{Simd, i16x32, i32x16, prelude::*};

/// The lanes of a quad.
pub(super) const LANES: usize = 16;

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
