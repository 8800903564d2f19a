//! The inverse DCT of some blocks at once.
//!
//! Numbers are 16-bit lanes, products 32-bit lanes. Sums of two numbers are made in 16 bits where libjpeg-turbo makes them so.

use super::Block;
use crate::samples::lanes::{Group, Lanes};

/// Transforms the first [`Lanes::GROUPS`] blocks to eight rows of samples in `out`, `pitch` bytes apart.
#[inline(always)]
pub(super) fn transform<L: Lanes>(
    token: L::Token,
    blocks: &[Block],
    divisors: &Block,
    out: &mut [u8],
    pitch: usize,
) {
    let divisors = divisors.as_chunks().0;
    let mut rows = [L::broadcast(token, &[0; 8]); 8];
    for n in 0..8 {
        rows[n] = load::<L>(token, blocks, n) * L::broadcast(token, &divisors[n]);
    }
    if !rows[0].fits_14_bits() {
        rows[0] = wrap_flat_columns(token, blocks, &divisors[0]);
    }
    // The rounding of a pass is the product of two numbers, so that it comes with another product. That of the second pass is
    // (128 << 18) + (1 << 17), so that the outputs are samples, with 128 added.
    let columns = pass::<L, 11>(token, rows, [1, 1 << 10]);
    let rows = pass::<L, 18>(token, transpose(columns), [2056, 1 << 14]);
    L::store_rows(transpose_samples(rows), out, pitch);
}

/// Row `row` of blocks, one in each group.
#[inline(always)]
fn load<L: Lanes>(token: L::Token, blocks: &[Block], row: usize) -> L {
    let blocks = &blocks[..L::GROUPS];
    L::load(
        token,
        #[inline(always)]
        |n| &blocks[n].as_chunks().0[row],
    )
}

/// The first row of blocks, with those numbers changed whose columns libjpeg-turbo computes in another way.
///
/// Where all rows but the first of a block's coefficients are 0, the numbers of the first row times four are the outputs of its columns;
/// they wrap. In the general way they saturate. Here they wrap before.
#[cold]
#[inline(never)]
fn wrap_flat_columns<L: Lanes>(token: L::Token, blocks: &[Block], divisors: &Group) -> L {
    let mut changed = [[0; 64]; 4];
    for (changed, block) in changed.iter_mut().zip(&blocks[..L::GROUPS]) {
        let flat = block[8..].iter().all(|&coefficient| coefficient == 0);
        for i in 0..8 {
            let number = block[i].wrapping_mul(divisors[i]);
            changed[i] = match flat {
                true => (number << 2) >> 2,
                false => number,
            };
        }
    }
    load(token, &changed, 0)
}

/// The transform of the numbers that are in a lane of the eight vectors, with `SHIFT` bits taken off. The product of `rounding` is
/// added before.
///
/// Factors are 8192 times sums of cosines, as libjpeg-turbo has them.
#[inline(always)]
fn pass<L: Lanes, const SHIFT: u32>(token: L::Token, i: [L; 8], rounding: [i16; 2]) -> [L; 8] {
    let half = splat::<L>(token, [rounding[0]; 2]);
    let e0 = dot::<L>(token, (i[0] + i[4]).zip(half), [8192, rounding[1]]);
    let e1 = dot::<L>(token, (i[0] - i[4]).zip(half), [8192, rounding[1]]);
    let pairs = i[2].zip(i[6]);
    let e2 = dot::<L>(token, pairs, [4433, -10704]);
    let e3 = dot::<L>(token, pairs, [10703, 4433]);
    let even = [
        add::<L>(e0, e3),
        add::<L>(e1, e2),
        sub::<L>(e1, e2),
        sub::<L>(e0, e3),
    ];

    let pairs = (i[7] + i[3]).zip(i[5] + i[1]);
    let y3 = dot::<L>(token, pairs, [-6436, 9633]);
    let y4 = dot::<L>(token, pairs, [9633, 6437]);
    let outer = i[7].zip(i[1]);
    let inner = i[5].zip(i[3]);
    let odd = [
        add::<L>(dot::<L>(token, outer, [-7373, 4926]), y4),
        add::<L>(dot::<L>(token, inner, [-20995, 4177]), y3),
        add::<L>(dot::<L>(token, inner, [-4176, -20995]), y4),
        add::<L>(dot::<L>(token, outer, [-4927, -7373]), y3),
    ];

    [
        output::<L, SHIFT>(add::<L>(even[0], odd[0])),
        output::<L, SHIFT>(add::<L>(even[1], odd[1])),
        output::<L, SHIFT>(add::<L>(even[2], odd[2])),
        output::<L, SHIFT>(add::<L>(even[3], odd[3])),
        output::<L, SHIFT>(sub::<L>(even[3], odd[3])),
        output::<L, SHIFT>(sub::<L>(even[2], odd[2])),
        output::<L, SHIFT>(sub::<L>(even[1], odd[1])),
        output::<L, SHIFT>(sub::<L>(even[0], odd[0])),
    ]
}

/// The 32-bit lanes of all groups.
type Sums<L> = [<L as Lanes>::Wide; 2];

#[inline(always)]
fn splat<L: Lanes>(token: L::Token, [a, b]: [i16; 2]) -> L {
    L::broadcast(token, &[a, b, a, b, a, b, a, b])
}

/// The weighted sums of pairs of lanes.
#[inline(always)]
fn dot<L: Lanes>(token: L::Token, [low, high]: [L; 2], weights: [i16; 2]) -> Sums<L> {
    let weights = splat::<L>(token, weights);
    [low.dot(weights), high.dot(weights)]
}

#[inline(always)]
fn add<L: Lanes>(a: Sums<L>, b: Sums<L>) -> Sums<L> {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn sub<L: Lanes>(a: Sums<L>, b: Sums<L>) -> Sums<L> {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn output<L: Lanes, const SHIFT: u32>([low, high]: Sums<L>) -> L {
    L::narrow(low >> SHIFT, high >> SHIFT)
}

/// Exchanges rows and columns.
#[inline(always)]
fn transpose<L: Lanes>(mut rows: [L; 8]) -> [L; 8] {
    // Three times the first half of the numbers of a block is interleaved with the second half.
    for _ in 0..3 {
        let old = rows;
        for n in 0..4 {
            [rows[2 * n], rows[2 * n + 1]] = old[n].zip(old[n + 4]);
        }
    }
    rows
}

/// Exchanges rows and columns of outputs and makes bytes of them; there are two rows in each vector.
#[inline(always)]
fn transpose_samples<L: Lanes>([a, b, c, d, e, f, g, h]: [L; 8]) -> [L::Bytes; 4] {
    let mut rows = [
        L::bytes(a, b),
        L::bytes(c, d),
        L::bytes(e, f),
        L::bytes(g, h),
    ];
    for _ in 0..3 {
        let old = rows;
        for n in 0..2 {
            [rows[2 * n], rows[2 * n + 1]] = L::zip_bytes(old[n], old[n + 2]);
        }
    }
    rows
}
