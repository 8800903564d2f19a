//! Bits: logic, shifts, fields, and the order of bytes.

use super::{Compute, integers};

pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    macro_rules! shift_left {
        ($t:ty, $u:ty) => {
            Compute::Two(|a, b| (a as $u).checked_shl(b as u32).unwrap_or(0).into())
        };
    }
    // Signs fill numbers with a sign, zeros the others.
    macro_rules! shift_right {
        ($t:ty, $u:ty) => {
            Compute::Two(|a, b| {
                let all = if (a as $t) < (0 as $t) { <$u>::MAX } else { 0 };
                let shifted = (a as $t).checked_shr(b as u32);
                shifted.map_or(all, |shifted| shifted as $u).into()
            })
        };
    }
    Some(match parts {
        ["and", "pred"] => Compute::Two(|a, b| a & b & 1),
        ["or", "pred"] => Compute::Two(|a, b| (a | b) & 1),
        ["xor", "pred"] => Compute::Two(|a, b| (a ^ b) & 1),
        ["not", "pred"] => Compute::One(|a| !a & 1),
        ["and", _] => Compute::Two(|a, b| a & b),
        ["or", _] => Compute::Two(|a, b| a | b),
        ["xor", _] => Compute::Two(|a, b| a ^ b),
        ["not", _] => Compute::One(|a| !a),
        ["shl", kind] => integers!(*kind, shift_left),
        ["shr", kind] => integers!(*kind, shift_right),
        ["shf", "l", mode, "b32"] => match *mode {
            "wrap" => Compute::Three(|a, b, c| (pair(a, b) << (c & 31)) >> 32),
            "clamp" => Compute::Three(|a, b, c| (pair(a, b) << u64::from(c as u32).min(32)) >> 32),
            _ => return None,
        },
        ["shf", "r", mode, "b32"] => match *mode {
            "wrap" => Compute::Three(|a, b, c| u64::from((pair(a, b) >> (c & 31)) as u32)),
            "clamp" => Compute::Three(|a, b, c| {
                u64::from((pair(a, b) >> u64::from(c as u32).min(32)) as u32)
            }),
            _ => return None,
        },
        ["popc", "b32"] => Compute::One(|a| (a as u32).count_ones().into()),
        ["popc", "b64"] => Compute::One(|a| a.count_ones().into()),
        ["clz", "b32"] => Compute::One(|a| (a as u32).leading_zeros().into()),
        ["clz", "b64"] => Compute::One(|a| a.leading_zeros().into()),
        ["brev", "b32"] => Compute::One(|a| (a as u32).reverse_bits().into()),
        ["brev", "b64"] => Compute::One(u64::reverse_bits),
        ["bfind", "u32"] => {
            Compute::One(|a| u64::from(31u32.wrapping_sub((a as u32).leading_zeros())))
        }
        ["bfind", "shiftamt", "u32"] => Compute::One(|a| match a as u32 {
            0 => u64::from(u32::MAX),
            a => a.leading_zeros().into(),
        }),
        ["prmt", "b32"] => Compute::Three(permute),
        ["bfe", "u32"] => Compute::Three(|a, b, c| {
            let (position, length) = ((b & 255) as u32, (c & 255) as u32);
            let shifted = (a as u32).checked_shr(position).unwrap_or(0);
            u64::from(if length < 32 {
                shifted & ((1 << length) - 1)
            } else {
                shifted
            })
        }),
        _ => return None,
    })
}

/// Two words as one number, the first in the lower half.
fn pair(low: u64, high: u64) -> u64 {
    u64::from(low as u32) | (high << 32)
}

/// Four bytes of eight; the highest bit of a selector takes the sign of the byte in its place.
fn permute(a: u64, b: u64, selectors: u64) -> u64 {
    let bytes = pair(a, b).to_le_bytes();
    let mut result = [0; 4];
    for (index, place) in result.iter_mut().enumerate() {
        let selector = selectors >> (4 * index);
        let byte = bytes[(selector & 7) as usize];
        *place = match selector & 8 {
            0 => byte,
            _ if byte & 0x80 != 0 => 0xff,
            _ => 0,
        };
    }
    u32::from_le_bytes(result).into()
}

/// `bfi`: the lowest `length` bits of `a` into `b` from a position on.
pub(crate) fn insert(a: u64, b: u64, position: u64, length: u64, bits: u32) -> u64 {
    let (position, length) = ((position & 255) as u32, (length & 255) as u32);
    if position >= bits || length == 0 {
        return b;
    }
    let ones = if length >= 64 {
        u64::MAX
    } else {
        (1 << length) - 1
    };
    let mask = ones << position;
    (b & !mask) | ((a << position) & mask)
}
