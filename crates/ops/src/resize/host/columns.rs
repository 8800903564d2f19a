//! The horizontal pass of a bilinear resize.
//!
//! A vector of eight sums needs sixteen samples, two for each, from somewhere near each other in the row. Where they all
//! lie within a window of 16 or 32 samples (unless the image shrinks a lot), one byte shuffle brings each pair together,
//! and one multiply-add of pairs weighs them. The shuffles and weights depend on the sizes alone.

use crate::contract::stage::Tap;
use fearless_simd::{Level, Simd, dispatch, i16x8, prelude::*, u8x16};

/// Sums that are made at once.
const SUMS: usize = 8;
/// Sums that may be written behind the last, rounded up.
pub(super) const SLACK: usize = SUMS;

/// How the columns of the output come from a row of the source.
pub(super) struct Columns {
    channels: usize,
    way: Way,
}

enum Way {
    /// By groups of neighboring pixels, from windows of 16 samples.
    Narrow(Vec<Group>),
    /// The same, from windows of 32 samples.
    Wide(Vec<Group>),
    /// Pixel by pixel: the image shrinks a lot, or has very short rows.
    Pixels(Vec<Tap>),
}

/// What [`SUMS`] sums are made of.
struct Group {
    /// Where the window begins in the row.
    offset: usize,
    /// Places in the window of the two samples of each sum.
    order: [u8; 2 * SUMS],
    /// Weights of the two samples of each sum.
    weights: [i16; 2 * SUMS],
}

impl Columns {
    /// For rows of `width` pixels of `channels` samples; `taps` has an entry for each column of the output.
    pub(super) fn new(taps: &[Tap], width: usize, channels: usize) -> Self {
        let groups = |window| groups(taps, width * channels, channels, window);
        let way = groups(16)
            .map(Way::Narrow)
            .or_else(|| groups(32).map(Way::Wide))
            .unwrap_or_else(|| Way::Pixels(taps.to_vec()));
        Columns { channels, way }
    }

    /// Writes the weighted sums of a row, H >> 4: all that the vertical pass uses of them. They are at most
    /// (255 * 2049) >> 4, below 2^15. `sums` has room for [`SLACK`] more.
    pub(super) fn sum(&self, level: Level, row: &[u8], sums: &mut [u16]) {
        match (&self.way, self.channels) {
            (Way::Narrow(groups), channels) => {
                let step = pixels_of(channels) * channels;
                dispatch!(level, simd => sum_groups::<_, false>(simd, groups, step, row, sums));
            }
            (Way::Wide(groups), channels) => {
                let step = pixels_of(channels) * channels;
                dispatch!(level, simd => sum_groups::<_, true>(simd, groups, step, row, sums));
            }
            (Way::Pixels(taps), 1) => dispatch!(level, _ => sum_pixels::<1>(taps, row, sums)),
            (Way::Pixels(taps), 3) => dispatch!(level, _ => sum_pixels::<3>(taps, row, sums)),
            (Way::Pixels(taps), _) => dispatch!(level, _ => sum_pixels::<4>(taps, row, sums)),
        }
    }
}

/// Whole pixels of a group.
fn pixels_of(channels: usize) -> usize {
    SUMS / channels
}

/// The groups, or none where one does not fit the window.
fn groups(taps: &[Tap], samples: usize, channels: usize, window: usize) -> Option<Vec<Group>> {
    // No window reaches beyond the row, so every sample of it may be read.
    let last = samples.checked_sub(window)?;
    let group = |taps: &[Tap]| {
        let offset = last.min(taps[0].index0 as usize * channels);
        let mut group = Group {
            offset,
            order: [0; 2 * SUMS],
            weights: [0; 2 * SUMS],
        };
        for sum in 0..SUMS {
            // What is left of a vector behind the last pixel repeats it, and is overwritten by the next group.
            let (tap, channel) = (taps[taps.len().min(sum / channels + 1) - 1], sum % channels);
            for (i, (index, weight)) in [(tap.index0, tap.weight0), (tap.index1, tap.weight1)]
                .into_iter()
                .enumerate()
            {
                let place = index as usize * channels + channel - offset;
                if place >= window {
                    return None;
                }
                group.order[2 * sum + i] = place as u8;
                group.weights[2 * sum + i] = weight as i16;
            }
        }
        Some(group)
    };
    taps.chunks(pixels_of(channels)).map(group).collect()
}

/// `step` is the number of sums by which a group advances; the rest of its vector is overwritten by the next.
#[inline(always)]
fn sum_groups<S: Simd, const WIDE: bool>(
    simd: S,
    groups: &[Group],
    step: usize,
    row: &[u8],
    sums: &mut [u16],
) {
    for (i, group) in groups.iter().enumerate() {
        let order = u8x16::from_slice(simd, &group.order);
        let window = u8x16::from_slice(simd, &row[group.offset..group.offset + 16]);
        let pairs = if WIDE {
            let rest = u8x16::from_slice(simd, &row[group.offset + 16..group.offset + 32]);
            window.concat_swizzle_dyn(rest, order)
        } else {
            window.swizzle_dyn(order)
        };
        let (low, high) = pairs.widen();
        let weigh = |pairs: fearless_simd::u16x8<S>, weights: &[i16]| {
            // Samples are below 2^15, so signed products are the same, and every processor has them.
            let pairs = i16x8::from_bytes(pairs.to_bytes());
            pairs.pairwise_dot_product(i16x8::from_slice(simd, weights)) >> 4
        };
        let (low_weights, high_weights) = group.weights.split_at(SUMS);
        let low = weigh(low, low_weights);
        let high = weigh(high, high_weights);
        let sums = &mut sums[i * step..i * step + SUMS];
        // Below 2^15 as well.
        let packed = fearless_simd::u16x8::from_bytes(low.saturating_narrow(high).to_bytes());
        packed.store_slice(sums);
    }
}

#[inline(always)]
fn sum_pixels<const C: usize>(taps: &[Tap], row: &[u8], sums: &mut [u16]) {
    let pixels = row.as_chunks::<C>().0;
    for (tap, sums) in taps.iter().zip(sums.as_chunks_mut::<C>().0) {
        let (a, b) = (&pixels[tap.index0 as usize], &pixels[tap.index1 as usize]);
        for c in 0..C {
            let sum = tap.weight0 * i32::from(a[c]) + tap.weight1 * i32::from(b[c]);
            sums[c] = (sum >> 4) as u16;
        }
    }
}
