//! The horizontal pass of a bilinear resize.
//!
//! A vector of eight sums needs sixteen samples, two for each sum, which are close to each other in the row. Unless the image
//! shrinks a lot, they lie within 16 or 32 samples: then one byte shuffle brings each pair together, and one multiply-add of
//! pairs weights them. The shuffles and weights depend on the sizes alone.

use crate::contract::stage::Tap;
use fearless_simd::{Level, Simd, dispatch, i16x8, prelude::*, u8x16};

/// The sums of a vector.
const SUMS: usize = 8;
/// The number of sums that may be written behind the last one of a row.
pub(super) const SLACK: usize = SUMS;

/// The horizontal pass: the columns of the output as sums over a row of the source.
pub(super) struct Columns {
    channels: usize,
    method: Method,
}

/// The method of computing sums.
enum Method {
    /// In groups of neighboring columns, each from 16 consecutive samples.
    Narrow(Vec<Group>),
    /// In groups of neighboring columns, each from 32 consecutive samples.
    Wide(Vec<Group>),
    /// Column by column, for images that shrink a lot or have very short rows.
    Pixels(Vec<Tap>),
}

/// The source samples and weights of [`SUMS`] sums.
struct Group {
    /// The first sample of the row that is loaded.
    offset: usize,
    /// The positions of the two samples of each sum, counted from the first sample loaded.
    order: [u8; 2 * SUMS],
    /// The weights of the two samples of each sum.
    weights: [i16; 2 * SUMS],
}

impl Columns {
    /// The pass over rows of `width` pixels with `channels` samples; `taps` has an entry for each column of the output.
    pub(super) fn new(taps: &[Tap], width: usize, channels: usize) -> Self {
        let groups = |window| groups(taps, width * channels, channels, window);
        let method = groups(16)
            .map(Method::Narrow)
            .or_else(|| groups(32).map(Method::Wide))
            .unwrap_or_else(|| Method::Pixels(taps.to_vec()));
        Columns { channels, method }
    }

    /// Writes the weighted sums H of a row as H >> 4, which is what the vertical pass uses. They are at most (255 * 2049) >> 4,
    /// below 2^15. `sums` has room for [`SLACK`] more sums.
    pub(super) fn sum(&self, level: Level, row: &[u8], sums: &mut [u16]) {
        match (&self.method, self.channels) {
            (Method::Narrow(groups), channels) => {
                let step = pixels_of(channels) * channels;
                dispatch!(level, simd => sum_groups::<_, false>(simd, groups, step, row, sums));
            }
            (Method::Wide(groups), channels) => {
                let step = pixels_of(channels) * channels;
                dispatch!(level, simd => sum_groups::<_, true>(simd, groups, step, row, sums));
            }
            (Method::Pixels(taps), 1) => dispatch!(level, _ => sum_pixels::<1>(taps, row, sums)),
            (Method::Pixels(taps), 3) => dispatch!(level, _ => sum_pixels::<3>(taps, row, sums)),
            (Method::Pixels(taps), _) => dispatch!(level, _ => sum_pixels::<4>(taps, row, sums)),
        }
    }
}

/// The number of whole pixels of a group.
fn pixels_of(channels: usize) -> usize {
    SUMS / channels
}

/// The groups, or `None` where the samples of a group do not fit `window` samples.
fn groups(taps: &[Tap], samples: usize, channels: usize, window: usize) -> Option<Vec<Group>> {
    // No window reaches beyond the row, so that all its samples can be loaded.
    let last = samples.checked_sub(window)?;
    let group = |taps: &[Tap]| {
        let offset = last.min(taps[0].index0 as usize * channels);
        let mut group = Group {
            offset,
            order: [0; 2 * SUMS],
            weights: [0; 2 * SUMS],
        };
        for sum in 0..SUMS {
            // The rest of a vector behind the last pixel repeats this pixel, and the next group overwrites it.
            let (tap, channel) = (taps[taps.len().min(sum / channels + 1) - 1], sum % channels);
            for (i, (index, weight)) in [(tap.index0, tap.weight0), (tap.index1, tap.weight1)]
                .into_iter()
                .enumerate()
            {
                let position = index as usize * channels + channel - offset;
                if position >= window {
                    return None;
                }
                group.order[2 * sum + i] = position as u8;
                group.weights[2 * sum + i] = weight as i16;
            }
        }
        Some(group)
    };
    taps.chunks(pixels_of(channels)).map(group).collect()
}

/// Writes the sums of all groups. `step` is the number of sums of a group; the next group overwrites the rest of its vector.
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
            // Samples are below 2^15, so that signed products, which every CPU has, are the same.
            let pairs = i16x8::from_bytes(pairs.to_bytes());
            pairs.pairwise_dot_product(i16x8::from_slice(simd, weights)) >> 4
        };
        let (low_weights, high_weights) = group.weights.split_at(SUMS);
        let low = weigh(low, low_weights);
        let high = weigh(high, high_weights);
        let sums = &mut sums[i * step..i * step + SUMS];
        // These sums are below 2^15 as well.
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
