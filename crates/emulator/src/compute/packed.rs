//! Several small numbers in a word: dot products, halves, and bytes.

use super::Compute;
use super::convert::half_of;
use half::f16;

pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    Some(match parts {
        ["dp4a", "u32", "u32"] => Compute::Three(dot4::<false, false>),
        ["dp4a", "u32", "s32"] => Compute::Three(dot4::<false, true>),
        ["dp4a", "s32", "u32"] => Compute::Three(dot4::<true, false>),
        ["dp4a", "s32", "s32"] => Compute::Three(dot4::<true, true>),
        ["dp2a", half, a, b] => {
            let upper = match *half {
                "lo" => false,
                "hi" => true,
                _ => return None,
            };
            match (upper, *a, *b) {
                (false, "u32", "u32") => Compute::Three(dot2::<false, false, false>),
                (false, "u32", "s32") => Compute::Three(dot2::<false, false, true>),
                (false, "s32", "u32") => Compute::Three(dot2::<false, true, false>),
                (false, "s32", "s32") => Compute::Three(dot2::<false, true, true>),
                (true, "u32", "u32") => Compute::Three(dot2::<true, false, false>),
                (true, "u32", "s32") => Compute::Three(dot2::<true, false, true>),
                (true, "s32", "u32") => Compute::Three(dot2::<true, true, false>),
                (true, "s32", "s32") => Compute::Three(dot2::<true, true, true>),
                _ => return None,
            }
        }
        ["add", "rn", "f16x2"] => Compute::Two(|a, b| halves(a, b, 0, |a, b, _| a + b)),
        ["sub", "rn", "f16x2"] => Compute::Two(|a, b| halves(a, b, 0, |a, b, _| a - b)),
        ["mul", "rn", "f16x2"] => Compute::Two(|a, b| halves(a, b, 0, |a, b, _| a * b)),
        ["fma", "rn", "f16x2"] => {
            Compute::Three(|a, b, c| halves(a, b, c, |a, b, c| a.mul_add(b, c)))
        }
        ["vabsdiff4", "u32", "u32", "u32"] => Compute::Three(|a, b, _| {
            let (a, b) = ((a as u32).to_le_bytes(), (b as u32).to_le_bytes());
            let differences = std::array::from_fn(|index| a[index].abs_diff(b[index]));
            u32::from_le_bytes(differences).into()
        }),
        _ => return None,
    })
}

fn byte(word: u64, index: u32, signed: bool) -> i64 {
    let byte = (word >> (8 * index)) as u8;
    if signed {
        (byte as i8).into()
    } else {
        byte.into()
    }
}

fn half(word: u64, index: u32, signed: bool) -> i64 {
    let half = (word >> (16 * index)) as u16;
    if signed {
        (half as i16).into()
    } else {
        half.into()
    }
}

fn dot4<const A: bool, const B: bool>(a: u64, b: u64, c: u64) -> u64 {
    let sum: i64 = (0..4)
        .map(|index| byte(a, index, A) * byte(b, index, B))
        .sum();
    u64::from((c as u32).wrapping_add(sum as u32))
}

fn dot2<const UPPER: bool, const A: bool, const B: bool>(a: u64, b: u64, c: u64) -> u64 {
    let first = if UPPER { 2 } else { 0 };
    let sum: i64 = (0..2)
        .map(|index| half(a, index, A) * byte(b, first + index, B))
        .sum();
    u64::from((c as u32).wrapping_add(sum as u32))
}

/// A function of each half, rounded once: what it computes of f16 in f64 is exact for sums and products.
fn halves(a: u64, b: u64, c: u64, f: fn(f64, f64, f64) -> f64) -> u64 {
    let part = |word: u64, shift: u32| f16::from_bits((word >> shift) as u16).to_f64();
    let one = |shift| half_of(f(part(a, shift), part(b, shift), part(c, shift))).to_bits();
    u64::from(one(0)) | (u64::from(one(16)) << 16)
}
