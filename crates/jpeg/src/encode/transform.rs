//! Samples to quantized coefficients: the accurate integer DCT of libjpeg (`islow`), then the division by the quantizer.
//!
//! The DCT is that of Loeffler, Ligtenberg and Moschytz with 11 multiplications per line, in fixed point with 13 bits behind the
//! point; its factors are paired so that two products and their sum are one instruction. Rows come first and keep two bits more.

use crate::encode::layout::SIDE;
use crate::encode::quantizers::Division;
use crate::file::zigzag::ZIGZAG;
use fearless_simd::{Bytes, Level, Simd, SimdFrom, dispatch, i16x8, i16x16, i32x8, u8x32, u32x8};

/// The quantized coefficients of a block in natural order.
pub(super) type Block = [i16; 64];

/// Bits behind the point of the factors.
const BITS: u32 = 13;
/// Bits that the rows keep for the columns.
const KEPT: u32 = 2;

/// Computes blocks that lie beside each other in a strip of 8 rows. For each block the zigzag positions at which it is not 0 are
/// bits of `nonzero`.
pub(super) fn transform(
    level: Level,
    strip: &[u8],
    stride: usize,
    division: &Division,
    out: &mut [Block],
    nonzero: &mut [u64],
) {
    dispatch!(level, simd => transform_strip(simd, strip, stride, division, out, nonzero));
}

#[inline(always)]
fn transform_strip<S: Simd>(
    simd: S,
    strip: &[u8],
    stride: usize,
    division: &Division,
    out: &mut [Block],
    nonzero: &mut [u64],
) {
    let pairs = out.chunks_mut(2).zip(nonzero.chunks_mut(2));
    for (pair, (out, nonzero)) in pairs.enumerate() {
        let mut vectors = [simd.splat_i16x16(0); SIDE];
        for (y, vector) in vectors.iter_mut().enumerate() {
            // Rows are whole vectors: beyond the last block are samples that are not used.
            let samples = strip[y * stride + 2 * SIDE * pair..].first_chunk();
            *vector = line(
                simd,
                load(simd, samples.expect("a strip has rows of whole vectors")),
            );
        }
        let mut values = [[0; 64]; 2];
        for (y, vector) in columns(simd, vectors).into_iter().enumerate() {
            let both: [i16; 2 * SIDE] = vector.into();
            for (values, row) in values.iter_mut().zip(both.as_chunks().0) {
                values.as_chunks_mut::<SIDE>().0[y] = *row;
            }
        }
        for ((out, nonzero), values) in out.iter_mut().zip(nonzero).zip(&values) {
            for i in 0..64 {
                out[i] = division.divide(i, values[i]);
            }
            *nonzero = zigzag_of(natural_nonzero(simd, out));
        }
    }
}

/// A row of two blocks, around 0.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[u8; 2 * SIDE]) -> i16x16<S> {
    let mut samples = [0; 2 * SIDE];
    for (sample, &from) in samples.iter_mut().zip(from) {
        *sample = i16::from(from) - 128;
    }
    i16x16::simd_from(simd, samples)
}

/// The factors of a line for pairs of its sums `x[i] + x[7 - i]`, i = 0, 1 and 2, 3: of outputs 0, 2, 4, 6.
const EVEN: [[i16; SIDE]; 2] = [
    [8192, 8192, 10703, 4433, 8192, -8192, 4433, -10704],
    [8192, 8192, -4433, -10703, -8192, 8192, 10704, -4433],
];
/// The factors for pairs of its differences `x[7 - i] - x[i]`, i = 3, 2 and 1, 0: of outputs 1, 3, 5, 7.
const ODD: [[i16; SIDE]; 2] = [
    [-2260, -6437, 6436, 11362, -9633, -2261, 11363, -9633],
    [-9633, -11363, 2259, -9633, 11362, -6437, 6436, -2260],
];

/// The DCT of a row of two blocks. The result keeps [`KEPT`] bits behind the point.
#[inline(always)]
fn line<S: Simd>(simd: S, x: i16x16<S>) -> i16x16<S> {
    // A shuffle of the bytes of each block's row; a table has the 16-bit lanes.
    let shuffled = |x: i16x16<S>, lanes: [u8; SIDE]| {
        let mut bytes = [0; 4 * SIDE];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = 2 * lanes[i / 2 % SIDE] + (i % 2) as u8;
        }
        simd.swizzle_dyn_within_blocks_i16x16(x, u8x32::simd_from(simd, bytes))
    };
    let twice = |row: [i16; SIDE]| {
        let mut factors = [0; 2 * SIDE];
        factors[..SIDE].copy_from_slice(&row);
        factors[SIDE..].copy_from_slice(&row);
        i16x16::simd_from(simd, factors)
    };
    let mirrored = shuffled(x, [7, 6, 5, 4, 3, 2, 1, 0]);
    let (sums, differences) = (x + mirrored, x - mirrored);
    let products = |pair: i16x16<S>, factors: [i16; SIDE]| {
        simd.pairwise_dot_product_i16x16(pair, twice(factors))
    };
    let even = simd.add_i32x8(
        products(shuffled(sums, [0, 1, 0, 1, 0, 1, 0, 1]), EVEN[0]),
        products(shuffled(sums, [2, 3, 2, 3, 2, 3, 2, 3]), EVEN[1]),
    );
    let odd = simd.add_i32x8(
        products(shuffled(differences, [4, 5, 4, 5, 4, 5, 4, 5]), ODD[0]),
        products(shuffled(differences, [6, 7, 6, 7, 6, 7, 6, 7]), ODD[1]),
    );
    rounded::<_, { BITS - KEPT }>(simd, [even, odd])
}

/// Sums of products: those of even lanes, and those of odd lanes.
type Sums<S> = [i32x8<S>; 2];

/// Takes the bits behind the point off, to the nearest, and joins even and odd lanes.
#[inline(always)]
fn rounded<S: Simd, const SHIFT: u32>(simd: S, sums: Sums<S>) -> i16x16<S> {
    let half = simd.splat_i32x8(1 << (SHIFT - 1));
    let [even, odd] = sums.map(|sum| simd.shr_i32x8(simd.add_i32x8(sum, half), SHIFT));
    let even = simd.and_i32x8(even, simd.splat_i32x8(0xffff));
    simd.or_i32x8(even, simd.shl_i32x8(odd, 16)).bitcast()
}

/// The pairs of lanes of two vectors: of even lanes, and of odd ones.
#[inline(always)]
fn pairs<S: Simd>(simd: S, a: i16x16<S>, b: i16x16<S>) -> [i16x16<S>; 2] {
    let (a, b): (u32x8<S>, u32x8<S>) = (a.bitcast(), b.bitcast());
    let low = simd.splat_u32x8(0xffff);
    let even = simd.or_u32x8(simd.and_u32x8(a, low), simd.shl_u32x8(b, 16));
    let odd = simd.or_u32x8(
        simd.shr_u32x8(a, 16),
        simd.and_u32x8(b, simd.not_u32x8(low)),
    );
    [even.bitcast(), odd.bitcast()]
}

/// The DCT of the columns of two blocks.
///
/// No sum leaves 16 bits: rows of samples from -128 to 127 give at most 4096, and eight of those at most 32768 in magnitude,
/// which occurs as -32768 only.
#[inline(always)]
fn columns<S: Simd>(simd: S, x: [i16x16<S>; SIDE]) -> [i16x16<S>; SIDE] {
    let times = |pairs: [i16x16<S>; 2], a: i16, b: i16| {
        let factors = i16x16::simd_from(simd, [a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b]);
        pairs.map(|pairs| simd.pairwise_dot_product_i16x16(pairs, factors))
    };
    let plus = |[a, b]: Sums<S>, [c, d]: Sums<S>| [simd.add_i32x8(a, c), simd.add_i32x8(b, d)];
    let rounded = |sums: Sums<S>| rounded::<_, { BITS + KEPT }>(simd, sums);
    // What has the factor 1.
    let plain = |sum: i16x16<S>| simd.shr_i16x16(sum + simd.splat_i16x16(1 << (KEPT - 1)), KEPT);

    let (s0, s1, s2, s3) = (x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]);
    let (d0, d1, d2, d3) = (x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]);
    let (even, odd) = (s0 + s3, s1 + s2);
    let rotated = pairs(simd, s0 - s3, s1 - s2);

    // 0.541196100 of the sum of both, 0.765366865 of the first, -1.847759065 of the second.
    let y2 = rounded(times(rotated, 4433 + 6270, 4433));
    let y6 = rounded(times(rotated, 4433, 4433 - 15137));

    // 1.175875602 of the sum of all four, -1.961570560 and -0.390180644 of the sums of two.
    let sums = pairs(simd, d3 + d1, d2 + d0);
    let z3 = times(sums, 9633 - 16069, 9633);
    let z4 = times(sums, 9633, 9633 - 3196);
    // -0.899976223 of d3 + d0, -2.562915447 of d2 + d1, and 0.298631336, 2.053119869, 3.072711026, 1.501321110 of each alone.
    let outer = pairs(simd, d3, d0);
    let inner = pairs(simd, d2, d1);
    let y7 = rounded(plus(times(outer, 2446 - 7373, -7373), z3));
    let y1 = rounded(plus(times(outer, -7373, 12299 - 7373), z4));
    let y5 = rounded(plus(times(inner, 16819 - 20995, -20995), z4));
    let y3 = rounded(plus(times(inner, -20995, 25172 - 20995), z3));
    [plain(even + odd), y1, y2, y3, plain(even - odd), y5, y6, y7]
}

/// The natural positions at which a block is not 0, as bits.
#[inline(always)]
fn natural_nonzero<S: Simd>(simd: S, block: &Block) -> u64 {
    let zero = simd.splat_i8x16(0);
    let mut bits = 0;
    for (i, two) in block.as_chunks::<{ 2 * SIDE }>().0.iter().enumerate() {
        let mut halves = [[0; SIDE]; 2];
        halves[0].copy_from_slice(&two[..SIDE]);
        halves[1].copy_from_slice(&two[SIDE..]);
        let [a, b] = halves.map(|half| i16x8::simd_from(simd, half));
        // What is not 0 does not become 0 by saturation.
        let narrow = simd.saturating_narrow_i16x8(a, b);
        let zeros = simd.to_bitmask_mask8x16(simd.simd_eq_i8x16(narrow, zero));
        bits |= (!zeros & 0xffff) << (2 * SIDE * i);
    }
    bits
}

/// The zigzag positions of the natural positions of each row whose bits are set.
static ZIGZAG_OF_ROW: [[u64; 256]; SIDE] = zigzag_of_rows();

const fn zigzag_of_rows() -> [[u64; 256]; SIDE] {
    let mut table = [[0; 256]; SIDE];
    let mut position = 0;
    while position < 64 {
        let natural = ZIGZAG[position] as usize;
        let (row, column) = (natural / SIDE, natural % SIDE);
        let mut bits = 0;
        while bits < 256 {
            if bits >> column & 1 == 1 {
                table[row][bits] |= 1 << position;
            }
            bits += 1;
        }
        position += 1;
    }
    table
}

#[inline(always)]
fn zigzag_of(natural: u64) -> u64 {
    let mut zigzag = 0;
    for (row, bits) in ZIGZAG_OF_ROW.iter().zip(natural.to_le_bytes()) {
        zigzag |= row[usize::from(bits)];
    }
    zigzag
}
