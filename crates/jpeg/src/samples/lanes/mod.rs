//! Vectors of 16-bit numbers whose operations move numbers within groups of eight only.
//!
//! Where a group is a row of a block, or 16 bytes of a row of samples become two groups, nothing has to cross groups; and to cross them
//! is what is slow in vectors of 256 and 512 bits.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86;

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{Level, i16x16, i16x32};
use fearless_simd::{Simd, i16x8, i32x4, prelude::*, u8x16, u16x8};
use std::ops::{Add, Mul, Shr, Sub};

/// A group of numbers.
pub(super) type Group = [i16; 8];
/// A group of bytes.
pub(super) type ByteGroup = [u8; 16];

/// A vector of 16-bit lanes in groups of eight.
pub(super) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Shr<u32, Output = Self>
{
    /// The instruction set.
    type Token: Simd;
    /// Half of the lanes of each group, as 32-bit lanes.
    type Wide: Copy
        + Add<Output = Self::Wide>
        + Sub<Output = Self::Wide>
        + Shr<u32, Output = Self::Wide>;
    /// As many groups of 16 bytes.
    type Bytes: Copy;

    /// The groups of a vector.
    const GROUPS: usize;

    /// The groups that `group` gives for 0, 1 and so on.
    fn load<'g>(token: Self::Token, group: impl Fn(usize) -> &'g Group) -> Self;
    /// The same group everywhere.
    fn broadcast(token: Self::Token, group: &Group) -> Self;
    /// Whether all lanes are in the range of 14-bit signed numbers.
    fn fits_14_bits(self) -> bool;
    /// The upper 16 bits of the products.
    fn mul_high(self, other: Self) -> Self;
    /// The lanes 0 to 3 of both, alternating, and the lanes 4 to 7.
    fn zip(self, other: Self) -> [Self; 2];
    /// The sums of the products of neighboring lanes.
    fn dot(self, other: Self) -> Self::Wide;
    /// Lanes 0 to 3 from `low`, lanes 4 to 7 from `high`, saturated to 16 bits.
    fn narrow(low: Self::Wide, high: Self::Wide) -> Self;
    /// The lanes of `low` and then those of `high`, saturated to 0 to 255.
    fn bytes(low: Self, high: Self) -> Self::Bytes;
    /// The bytes of each group that [`Lanes::bytes`] takes from its first and second vector, as numbers.
    fn numbers(bytes: Self::Bytes) -> [Self; 2];
    /// The bytes 0 to 7 of both, alternating, and the bytes 8 to 15.
    fn zip_bytes(low: Self::Bytes, high: Self::Bytes) -> [Self::Bytes; 2];
    /// Groups that follow one another.
    fn load_bytes(token: Self::Token, groups: &[ByteGroup]) -> Self::Bytes;
    /// Stores the groups one after another.
    fn store_bytes(bytes: Self::Bytes, groups: &mut [ByteGroup]);
    /// Stores eight rows of blocks of 8 bytes, `pitch` bytes apart, the blocks side by side. Each vector has two rows of each block.
    fn store_rows(rows: [Self::Bytes; 4], out: &mut [u8], pitch: usize);
}

/// A computation in vectors of any number of groups.
pub(super) trait Work {
    /// The result.
    type Output;

    /// Computes the result. Implementations are `#[inline(always)]`, so that they are compiled for the instruction set.
    fn run<L: Lanes>(self, token: L::Token) -> Self::Output;
}

/// Runs a computation in the longest vectors of an instruction set; the caller must be compiled for that set (`dispatch!`).
#[inline(always)]
pub(super) fn in_longest<S: Simd, W: Work>(simd: S, work: W) -> W::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    match simd.level() {
        Level::Avx512(token) => return work.run::<i16x32<_>>(token),
        Level::Avx2(token) => return work.run::<i16x16<_>>(token),
        _ => {}
    }
    work.run::<i16x8<_>>(simd)
}

impl<S: Simd> Lanes for i16x8<S> {
    type Token = S;
    type Wide = i32x4<S>;
    type Bytes = u8x16<S>;

    const GROUPS: usize = 1;

    #[inline(always)]
    fn load<'g>(token: S, group: impl Fn(usize) -> &'g Group) -> Self {
        Self::from_slice(token, group(0))
    }

    #[inline(always)]
    fn broadcast(token: S, group: &Group) -> Self {
        Self::from_slice(token, group)
    }

    #[inline(always)]
    fn fits_14_bits(self) -> bool {
        ((self << 2) >> 2).simd_eq(self).all_true()
    }

    #[inline(always)]
    fn mul_high(self, other: Self) -> Self {
        let (low, high) = self.widening_mul(other);
        (low >> 16).saturating_narrow(high >> 16)
    }

    #[inline(always)]
    fn zip(self, other: Self) -> [Self; 2] {
        [self.zip_low(other), self.zip_high(other)]
    }

    #[inline(always)]
    fn dot(self, other: Self) -> Self::Wide {
        self.pairwise_dot_product(other)
    }

    #[inline(always)]
    fn narrow(low: Self::Wide, high: Self::Wide) -> Self {
        low.saturating_narrow(high)
    }

    #[inline(always)]
    fn bytes(low: Self, high: Self) -> Self::Bytes {
        let zero = Self::splat(low.token(), 0);
        let low = u16x8::from_bytes(low.max(zero).to_bytes());
        low.saturating_narrow(u16x8::from_bytes(high.max(zero).to_bytes()))
    }

    #[inline(always)]
    fn numbers(bytes: Self::Bytes) -> [Self; 2] {
        let (low, high) = bytes.widen();
        [
            Self::from_bytes(low.to_bytes()),
            Self::from_bytes(high.to_bytes()),
        ]
    }

    #[inline(always)]
    fn zip_bytes(low: Self::Bytes, high: Self::Bytes) -> [Self::Bytes; 2] {
        [low.zip_low(high), low.zip_high(high)]
    }

    #[inline(always)]
    fn load_bytes(token: S, groups: &[ByteGroup]) -> Self::Bytes {
        u8x16::from_slice(token, &groups[0])
    }

    #[inline(always)]
    fn store_bytes(bytes: Self::Bytes, groups: &mut [ByteGroup]) {
        bytes.store_slice(&mut groups[0]);
    }

    #[inline(always)]
    fn store_rows(rows: [Self::Bytes; 4], out: &mut [u8], pitch: usize) {
        for (n, rows) in rows.into_iter().enumerate() {
            let rows: ByteGroup = rows.to_array();
            let (even, odd) = rows.split_at(8);
            out[2 * n * pitch..][..8].copy_from_slice(even);
            out[(2 * n + 1) * pitch..][..8].copy_from_slice(odd);
        }
    }
}
