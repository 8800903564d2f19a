//! Rows of red, green and blue samples to interleaved pixels.

use super::{BLOCK, Samples};
use fearless_simd::{Simd, prelude::*, u8x16};

/// Bytes of the vector that one shuffle writes.
const BYTES: usize = 16;
/// The index of a shuffle whose result is 0.
const NOTHING: u8 = 255;

/// For vector `vector` of 16 interleaved pixels: the index of each byte in the samples of channel `channel`.
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

/// The indices of [`interleaving`], by vector, then by channel.
const INTERLEAVE: [[[u8; BYTES]; 3]; 3] = [
    [interleaving(0, 0), interleaving(0, 1), interleaving(0, 2)],
    [interleaving(1, 0), interleaving(1, 1), interleaving(1, 2)],
    [interleaving(2, 0), interleaving(2, 1), interleaving(2, 2)],
];

/// Interleaves the samples of a block.
#[inline(always)]
pub(super) fn interleave<S: Simd>(simd: S, channels: &[Samples; 3], pixels: &mut [u8; 3 * BLOCK]) {
    match simd.level() {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        fearless_simd::Level::Avx512(token) => x86::interleave_64(token, channels, pixels),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        fearless_simd::Level::Avx2(token) => x86::interleave_32(token, channels, pixels),
        _ => interleave_16(simd, channels, pixels),
    }
}

#[inline(always)]
fn interleave_16<S: Simd>(simd: S, channels: &[Samples; 3], pixels: &mut [u8; 3 * BLOCK]) {
    for part in 0..BLOCK / BYTES {
        let mut from = [u8x16::splat(simd, 0); 3];
        for channel in 0..3 {
            let samples = &channels[channel].as_chunks::<BYTES>().0[part];
            from[channel] = u8x16::from_slice(simd, samples);
        }
        for vector in 0..3 {
            let mut bytes = u8x16::splat(simd, 0);
            for channel in 0..3 {
                let indices = u8x16::from_slice(simd, &INTERLEAVE[vector][channel]);
                bytes |= from[channel].swizzle_dyn_precise(indices);
            }
            bytes.store_slice(&mut pixels[(3 * part + vector) * BYTES..][..BYTES]);
        }
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    use super::{BLOCK, INTERLEAVE, Samples};
    use fearless_simd::{Avx2, Avx512, kernel, prelude::*, u8x16, u8x32, u8x64};
    #[cfg(target_arch = "x86")]
    use std::arch::x86::*;
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::*;

    kernel!(
        /// The bytes at these indices within each half; 0 where an index is above 127.
        #[inline(always)]
        fn shuffle(token: Avx2, bytes: u8x32<Avx2>, indices: u8x32<Avx2>) -> u8x32<Avx2> {
            _mm256_shuffle_epi8(bytes.into(), indices.into()).simd_into(token)
        }
    );

    /// Makes 32 pixels at once: 16 in each half of a vector.
    #[inline(always)]
    pub(super) fn interleave_32(
        token: Avx2,
        channels: &[Samples; 3],
        pixels: &mut [u8; 3 * BLOCK],
    ) {
        for part in 0..BLOCK / 32 {
            let mut vectors = [u8x32::splat(token, 0); 3];
            for channel in 0..3 {
                let samples = &channels[channel].as_chunks::<32>().0[part];
                let samples = u8x32::from_slice(token, samples);
                for vector in 0..3 {
                    let indices = u8x16::from_slice(token, &INTERLEAVE[vector][channel]);
                    vectors[vector] |= shuffle(token, samples, u8x32::block_splat(indices));
                }
            }
            let (first_0, second_0) = vectors[0].split();
            let (first_1, second_1) = vectors[1].split();
            let (first_2, second_2) = vectors[2].split();
            let pixels = &mut pixels.as_chunks_mut::<96>().0[part];
            first_0.combine(first_1).store_slice(&mut pixels[..32]);
            first_2.combine(second_0).store_slice(&mut pixels[32..64]);
            second_1.combine(second_2).store_slice(&mut pixels[64..]);
        }
    }

    /// Indices that interleave three vectors of 64 samples in two steps, for each of three vectors of bytes: in the first, from red and
    /// green, with green from 64 on; in the second, from the result of the first and blue, with blue from 64 on.
    const STEPS: [[[u8; 64]; 2]; 3] = {
        let mut steps = [[[0; 64]; 2]; 3];
        let mut byte = 0;
        while byte < 192 {
            let (vector, i, sample) = (byte / 64, byte % 64, (byte / 3) as u8);
            match byte % 3 {
                0 => steps[vector][0][i] = sample,
                1 => steps[vector][0][i] = 64 + sample,
                _ => {}
            }
            steps[vector][1][i] = match byte % 3 {
                2 => 64 + sample,
                _ => i as u8,
            };
            byte += 1;
        }
        steps
    };

    /// Makes 64 pixels at once.
    #[inline(always)]
    pub(super) fn interleave_64(
        token: Avx512,
        channels: &[Samples; 3],
        pixels: &mut [u8; 3 * BLOCK],
    ) {
        let red = u8x64::from_slice(token, &channels[0]);
        let green = u8x64::from_slice(token, &channels[1]);
        let blue = u8x64::from_slice(token, &channels[2]);
        for (steps, out) in STEPS.iter().zip(pixels.as_chunks_mut::<64>().0) {
            let first = red.concat_swizzle_dyn(green, u8x64::from_slice(token, &steps[0]));
            let both = first.concat_swizzle_dyn(blue, u8x64::from_slice(token, &steps[1]));
            both.store_slice(out);
        }
    }
}
