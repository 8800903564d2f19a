//! The vectors of x86 that have two and four groups.

use super::{ByteGroup, Group, Lanes};
use fearless_simd::{
    Avx2, Avx512, i16x8, i16x16, i16x32, i32x8, i32x16, kernel, prelude::*, u8x32, u8x64, u64x8,
};
#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A function of two vectors that is one instruction.
macro_rules! instruction {
    ($name:ident, $token:ident, $input:ty, $output:ty, $instruction:ident) => {
        kernel!(
            #[inline(always)]
            fn $name(token: $token, a: $input, b: $input) -> $output {
                $instruction(a.into(), b.into()).simd_into(token)
            }
        );
    };
}

/// What both implementations have in common: instructions that work within groups of 128 bits.
macro_rules! within_groups {
    (
        $token:ident, $lanes:ty, $wide:ty, $byte_vector:ty, $mul_high:ident, $zip_low:ident, $zip_high:ident, $narrow:ident, $bytes:ident,
        $zip_bytes_low:ident, $zip_bytes_high:ident
    ) => {
        #[inline(always)]
        fn broadcast(token: $token, group: &Group) -> Self {
            Self::block_splat(i16x8::from_slice(token, group))
        }

        #[inline(always)]
        fn fits_14_bits(self) -> bool {
            ((self << 2) >> 2).simd_eq(self).all_true()
        }

        #[inline(always)]
        fn mul_high(self, other: Self) -> Self {
            instruction!(high, $token, $lanes, $lanes, $mul_high);
            high(self.token(), self, other)
        }

        #[inline(always)]
        fn zip(self, other: Self) -> [Self; 2] {
            instruction!(low, $token, $lanes, $lanes, $zip_low);
            instruction!(high, $token, $lanes, $lanes, $zip_high);
            let token = self.token();
            [low(token, self, other), high(token, self, other)]
        }

        #[inline(always)]
        fn dot(self, other: Self) -> Self::Wide {
            self.pairwise_dot_product(other)
        }

        #[inline(always)]
        fn narrow(low: Self::Wide, high: Self::Wide) -> Self {
            instruction!(pack, $token, $wide, $lanes, $narrow);
            pack(low.token(), low, high)
        }

        #[inline(always)]
        fn bytes(low: Self, high: Self) -> Self::Bytes {
            instruction!(pack, $token, $lanes, $byte_vector, $bytes);
            pack(low.token(), low, high)
        }

        #[inline(always)]
        fn numbers(bytes: Self::Bytes) -> [Self; 2] {
            let zero = <$byte_vector>::splat(bytes.token(), 0);
            let [low, high] = Self::zip_bytes(bytes, zero);
            [Self::from_bytes(low), Self::from_bytes(high)]
        }

        #[inline(always)]
        fn zip_bytes(low: Self::Bytes, high: Self::Bytes) -> [Self::Bytes; 2] {
            instruction!(zip_low, $token, $byte_vector, $byte_vector, $zip_bytes_low);
            instruction!(
                zip_high,
                $token,
                $byte_vector,
                $byte_vector,
                $zip_bytes_high
            );
            let token = low.token();
            [zip_low(token, low, high), zip_high(token, low, high)]
        }

        #[inline(always)]
        fn load_bytes(token: $token, groups: &[ByteGroup]) -> Self::Bytes {
            <$byte_vector>::from_slice(token, groups[..Self::GROUPS].as_flattened())
        }

        #[inline(always)]
        fn store_bytes(bytes: Self::Bytes, groups: &mut [ByteGroup]) {
            bytes.store_slice(groups[..Self::GROUPS].as_flattened_mut());
        }
    };
}

impl Lanes for i16x16<Avx2> {
    type Token = Avx2;
    type Wide = i32x8<Avx2>;
    type Bytes = u8x32<Avx2>;

    const GROUPS: usize = 2;

    #[inline(always)]
    fn load<'g>(token: Avx2, group: impl Fn(usize) -> &'g Group) -> Self {
        i16x8::from_slice(token, group(0)).combine(i16x8::from_slice(token, group(1)))
    }

    within_groups!(
        Avx2,
        i16x16<Avx2>,
        i32x8<Avx2>,
        u8x32<Avx2>,
        _mm256_mulhi_epi16,
        _mm256_unpacklo_epi16,
        _mm256_unpackhi_epi16,
        _mm256_packs_epi32,
        _mm256_packus_epi16,
        _mm256_unpacklo_epi8,
        _mm256_unpackhi_epi8
    );

    #[inline(always)]
    fn store_rows(rows: [Self::Bytes; 4], out: &mut [u8], pitch: usize) {
        kernel!(
            #[inline(always)]
            fn by_rows(token: Avx2, rows: u8x32<Avx2>) -> u8x32<Avx2> {
                _mm256_permute4x64_epi64::<0b11_01_10_00>(rows.into()).simd_into(token)
            }
        );
        for (n, rows) in rows.into_iter().enumerate() {
            let (even, odd) = by_rows(rows.token(), rows).split();
            even.store_slice(&mut out[2 * n * pitch..][..16]);
            odd.store_slice(&mut out[(2 * n + 1) * pitch..][..16]);
        }
    }
}

impl Lanes for i16x32<Avx512> {
    type Token = Avx512;
    type Wide = i32x16<Avx512>;
    type Bytes = u8x64<Avx512>;

    const GROUPS: usize = 4;

    #[inline(always)]
    fn load<'g>(token: Avx512, group: impl Fn(usize) -> &'g Group) -> Self {
        let first = i16x8::from_slice(token, group(0));
        let second = i16x8::from_slice(token, group(1));
        let third = i16x8::from_slice(token, group(2));
        let fourth = i16x8::from_slice(token, group(3));
        first.combine(second).combine(third.combine(fourth))
    }

    within_groups!(
        Avx512,
        i16x32<Avx512>,
        i32x16<Avx512>,
        u8x64<Avx512>,
        _mm512_mulhi_epi16,
        _mm512_unpacklo_epi16,
        _mm512_unpackhi_epi16,
        _mm512_packs_epi32,
        _mm512_packus_epi16,
        _mm512_unpacklo_epi8,
        _mm512_unpackhi_epi8
    );

    #[inline(always)]
    fn store_rows(rows: [Self::Bytes; 4], out: &mut [u8], pitch: usize) {
        for (n, [a, b]) in rows.as_chunks::<2>().0.iter().enumerate() {
            let (a, b) = (
                u64x8::from_bytes(a.to_bytes()),
                u64x8::from_bytes(b.to_bytes()),
            );
            let (rows_0_2, rows_1_3) = (a.unzip_low(b), a.unzip_high(b));
            let (row_0, row_2) = rows_0_2.to_bytes().split();
            let (row_1, row_3) = rows_1_3.to_bytes().split();
            for (y, row) in (4 * n..).zip([row_0, row_1, row_2, row_3]) {
                row.store_slice(&mut out[y * pitch..][..32]);
            }
        }
    }
}
