//! The horizontal pass of a resize with integer weights.
//!
//! A vector of four sums needs four samples of four taps, then those of the next four taps. Unless the image shrinks a lot, these 16
//! samples lie within 16 or 32 samples of the row: then one byte shuffle brings pairs of taps together, and two multiply-adds of
//! pairs weight them. The shuffles and weights depend on the sizes alone.

use crate::contract::stage::ResizeAxis;
use fearless_simd::{Level, Simd, dispatch, i16x8, i32x4, prelude::*, u8x16};

/// The sums of a vector.
const SUMS: usize = 4;
/// The taps that one shuffle brings together.
const TAPS: usize = 4;
/// The number of sums that may be written behind the last one of a row.
pub(super) const SLACK: usize = SUMS;

/// The horizontal pass: the columns of the output as sums over a row of the source.
pub(super) struct FixedColumns {
    channels: usize,
    method: Method,
}

/// The method of computing sums.
enum Method {
    /// In groups of neighboring columns, each from 16 consecutive samples for every four taps.
    Narrow(Groups),
    /// In groups of neighboring columns, each from 32 consecutive samples for every four taps.
    Wide(Groups),
    /// Column by column, for gray images that shrink a lot, and for very short rows.
    Pixels(ResizeAxis<i32>),
}

/// The groups of a row: for each `parts` parts, which are summed up.
struct Groups {
    parts: usize,
    all: Vec<Part>,
}

/// Four taps of the [`SUMS`] sums of a group.
struct Part {
    /// The first sample of the row that is loaded.
    offset: usize,
    /// The positions of the samples, counted from the first sample loaded: two taps of each sum, then the other two.
    order: [u8; TAPS * SUMS],
    /// The weights of the samples.
    weights: [i16; TAPS * SUMS],
}

impl FixedColumns {
    /// The pass over rows of `width` pixels with `channels` samples.
    pub(super) fn new(columns: &ResizeAxis<i32>, width: usize, channels: usize) -> Self {
        let groups = |window| groups(columns, width * channels, channels, window);
        let method = groups(16)
            .map(Method::Narrow)
            .or_else(|| groups(32).map(Method::Wide))
            .unwrap_or_else(|| Method::Pixels(columns.clone()));
        FixedColumns { channels, method }
    }

    /// Writes the weighted sums of a row. `sums` has room for [`SLACK`] more sums.
    pub(super) fn sum(&self, level: Level, row: &[u8], sums: &mut [i32]) {
        let step = pixels_of(self.channels) * self.channels;
        match (&self.method, self.channels) {
            (Method::Narrow(groups), _) => {
                dispatch!(level, simd => sum_groups::<_, false>(simd, groups, step, row, sums));
            }
            (Method::Wide(groups), _) => {
                dispatch!(level, simd => sum_groups::<_, true>(simd, groups, step, row, sums));
            }
            (Method::Pixels(columns), 1) => {
                dispatch!(level, _ => sum_pixels::<1>(columns, row, sums))
            }
            (Method::Pixels(columns), 3) => {
                dispatch!(level, _ => sum_pixels::<3>(columns, row, sums))
            }
            (Method::Pixels(columns), _) => {
                dispatch!(level, _ => sum_pixels::<4>(columns, row, sums))
            }
        }
    }
}

/// The number of whole pixels of a group.
fn pixels_of(channels: usize) -> usize {
    SUMS / channels
}

/// The groups, or `None` where the samples of a part do not fit `window` samples.
fn groups(
    columns: &ResizeAxis<i32>,
    samples: usize,
    channels: usize,
    window: usize,
) -> Option<Groups> {
    // No window reaches beyond the row, so that all its samples can be loaded.
    let last = samples.checked_sub(window)?;
    let (pixels, count) = (pixels_of(channels), columns.first.len());
    let parts = columns.taps.div_ceil(TAPS);
    let part = |start: usize, taps: usize| {
        let offset = last.min((columns.first(start) + taps) * channels);
        let mut part = Part {
            offset,
            order: [0; TAPS * SUMS],
            weights: [0; TAPS * SUMS],
        };
        for sum in 0..SUMS {
            // The rest of a vector behind the last pixel repeats this pixel, and the next group overwrites it.
            let column = (start + (sum / channels).min(pixels - 1)).min(count - 1);
            for tap in taps..columns.taps.min(taps + TAPS) {
                let position = (columns.first(column) + tap) * channels + sum % channels - offset;
                if position >= window {
                    return None;
                }
                let (pair, tap) = ((tap - taps) / 2, tap);
                let at = pair * 2 * SUMS + 2 * sum + (tap - taps) % 2;
                part.order[at] = position as u8;
                // The weights of an axis are at most a few ones, which are 2^11.
                part.weights[at] = columns.weights(column)[tap] as i16;
            }
        }
        Some(part)
    };
    let starts = (0..count).step_by(pixels);
    let all = starts.flat_map(|start| (0..parts).map(move |index| (start, index * TAPS)));
    let all = all
        .map(|(start, taps)| part(start, taps))
        .collect::<Option<_>>()?;
    Some(Groups { parts, all })
}

/// Writes the sums of all groups. `step` is the number of sums of a group; the next group overwrites the rest of its vector.
#[inline(always)]
fn sum_groups<S: Simd, const WIDE: bool>(
    simd: S,
    groups: &Groups,
    step: usize,
    row: &[u8],
    sums: &mut [i32],
) {
    for (i, group) in groups.all.chunks_exact(groups.parts).enumerate() {
        let mut sum = i32x4::splat(simd, 0);
        for part in group {
            let order = u8x16::from_slice(simd, &part.order);
            let window = u8x16::from_slice(simd, &row[part.offset..part.offset + 16]);
            let samples = if WIDE {
                let rest = u8x16::from_slice(simd, &row[part.offset + 16..part.offset + 32]);
                window.concat_swizzle_dyn(rest, order)
            } else {
                window.swizzle_dyn(order)
            };
            let (first, second) = samples.widen();
            let weigh = |pairs: fearless_simd::u16x8<S>, weights: &[i16]| {
                let pairs = i16x8::from_bytes(pairs.to_bytes());
                pairs.pairwise_dot_product(i16x8::from_slice(simd, weights))
            };
            let (first_weights, second_weights) = part.weights.split_at(2 * SUMS);
            sum += weigh(first, first_weights) + weigh(second, second_weights);
        }
        sum.store_slice(&mut sums[i * step..i * step + SUMS]);
    }
}

#[inline(always)]
fn sum_pixels<const C: usize>(columns: &ResizeAxis<i32>, row: &[u8], sums: &mut [i32]) {
    let pixels = row.as_chunks::<C>().0;
    let weights = columns.weights.chunks_exact(columns.taps);
    for ((&first, weights), out) in columns
        .first
        .iter()
        .zip(weights)
        .zip(sums.as_chunks_mut::<C>().0)
    {
        let mut sums = [0; C];
        for (pixel, weight) in pixels[first as usize..].iter().zip(weights) {
            for c in 0..C {
                sums[c] += weight * i32::from(pixel[c]);
            }
        }
        *out = sums;
    }
}
