//! Blocks of pixels, over which the loops run, and conversions between interleaved RGB and separate channels.
//!
//! The compiler vectorizes the sums of a block. It does not vectorize loops over three samples that are stored side by side, so
//! that these are written as byte shuffles.

use fearless_simd::{Simd, prelude::*, u8x16};

/// The number of pixels of a block: a whole number of vectors in every instruction set.
pub(super) const BLOCK: usize = 64;

/// One sample of each pixel of a block.
pub(super) type Samples = [u8; BLOCK];

/// Bytes of the vector that one shuffle writes.
const BYTES: usize = 16;
/// The index of a shuffle whose result is 0.
const NOTHING: u8 = 255;

/// Loads the block of `row` that begins at `start`. Samples beyond the end of the row keep their values.
#[inline(always)]
pub(super) fn load<const N: usize>(row: &[u8], start: usize, samples: &mut [u8; N]) {
    let row = &row[start.min(row.len())..];
    match row.first_chunk::<N>() {
        Some(block) => *samples = *block,
        None => samples[..row.len()].copy_from_slice(row),
    }
}

/// Stores a block in `row` from `start` on, as far as the row reaches.
#[inline(always)]
pub(super) fn store<const N: usize>(row: &mut [u8], start: usize, samples: &[u8; N]) {
    let row = &mut row[start..];
    match row.first_chunk_mut::<N>() {
        Some(block) => *block = *samples,
        None => row.copy_from_slice(&samples[..row.len()]),
    }
}

/// For vector `vector` of 16 interleaved pixels of three samples: the index of each byte in the samples of channel `channel`.
const fn interleaving(vector: usize, channel: usize) -> [u8; BYTES] {
    let mut interleaving = [NOTHING; BYTES];
    let mut i = 0;
    while i < BYTES {
        let byte = vector * BYTES + i;
        if byte % 3 == channel {
            interleaving[i] = (byte / 3) as u8;
        }
        i += 1;
    }
    interleaving
}

/// For the samples of channel `channel` of 16 interleaved pixels: the index of each in vector `vector` of the three vectors.
const fn deinterleaving(vector: usize, channel: usize) -> [u8; BYTES] {
    let mut deinterleaving = [NOTHING; BYTES];
    let mut i = 0;
    while i < BYTES {
        let byte = 3 * i + channel;
        if byte / BYTES == vector {
            deinterleaving[i] = (byte % BYTES) as u8;
        }
        i += 1;
    }
    deinterleaving
}

/// The indices of [`interleaving`], by vector, then by channel.
const INTERLEAVE: [[[u8; BYTES]; 3]; 3] = [
    [interleaving(0, 0), interleaving(0, 1), interleaving(0, 2)],
    [interleaving(1, 0), interleaving(1, 1), interleaving(1, 2)],
    [interleaving(2, 0), interleaving(2, 1), interleaving(2, 2)],
];

/// The indices of [`deinterleaving`], by channel, then by vector.
const DEINTERLEAVE: [[[u8; BYTES]; 3]; 3] = [
    [
        deinterleaving(0, 0),
        deinterleaving(1, 0),
        deinterleaving(2, 0),
    ],
    [
        deinterleaving(0, 1),
        deinterleaving(1, 1),
        deinterleaving(2, 1),
    ],
    [
        deinterleaving(0, 2),
        deinterleaving(1, 2),
        deinterleaving(2, 2),
    ],
];

/// The vector that begins at `start`.
#[inline(always)]
fn vector<S: Simd>(simd: S, bytes: &[u8], start: usize) -> u8x16<S> {
    u8x16::from_slice(simd, &bytes[start..start + BYTES])
}

/// A vector of bytes of three vectors, by shuffle tables.
#[inline(always)]
fn merge<S: Simd>(simd: S, from: [u8x16<S>; 3], tables: &[[u8; BYTES]; 3]) -> u8x16<S> {
    let take = |n: usize| from[n].swizzle_dyn_precise(u8x16::from_slice(simd, &tables[n]));
    take(0) | take(1) | take(2)
}

/// Interleaves the channels of a block to pixels.
#[inline(always)]
pub(super) fn interleave<S: Simd>(simd: S, channels: &[Samples; 3], pixels: &mut [u8; 3 * BLOCK]) {
    for part in 0..BLOCK / BYTES {
        let first = part * BYTES;
        let from = [
            vector(simd, &channels[0], first),
            vector(simd, &channels[1], first),
            vector(simd, &channels[2], first),
        ];
        for (third, tables) in INTERLEAVE.iter().enumerate() {
            let start = 3 * first + third * BYTES;
            merge(simd, from, tables).store_slice(&mut pixels[start..start + BYTES]);
        }
    }
}

/// Separates the channels of a block of interleaved pixels.
#[inline(always)]
pub(super) fn deinterleave<S: Simd>(
    simd: S,
    pixels: &[u8; 3 * BLOCK],
    channels: &mut [Samples; 3],
) {
    for part in 0..BLOCK / BYTES {
        let first = part * BYTES;
        let from = [
            vector(simd, pixels, 3 * first),
            vector(simd, pixels, 3 * first + BYTES),
            vector(simd, pixels, 3 * first + 2 * BYTES),
        ];
        for (channel, tables) in DEINTERLEAVE.iter().enumerate() {
            let samples = &mut channels[channel][first..first + BYTES];
            merge(simd, from, tables).store_slice(samples);
        }
    }
}
