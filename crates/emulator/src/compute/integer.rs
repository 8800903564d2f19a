//! Arithmetic of integers, modulo the size of their type.

use super::{Compute, integers};

pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    macro_rules! two {
        ($t:ty, $u:ty, |$a:ident, $b:ident| $value:expr) => {
            Compute::Two(|a, b| {
                let ($a, $b) = (a as $t, b as $t);
                ($value as $u).into()
            })
        };
    }
    macro_rules! one {
        ($t:ty, $u:ty, |$a:ident| $value:expr) => {
            Compute::One(|a| {
                let $a = a as $t;
                ($value as $u).into()
            })
        };
    }
    macro_rules! add {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| a.wrapping_add(b))
        };
    }
    macro_rules! sub {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| a.wrapping_sub(b))
        };
    }
    macro_rules! mul {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| a.wrapping_mul(b))
        };
    }
    macro_rules! high {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| ((a as i128).wrapping_mul(b as i128)
                >> <$t>::BITS))
        };
    }
    // What a division by zero gives is not defined; GPUs set all bits.
    macro_rules! div {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| if b == 0 {
                <$u>::MAX as $t
            } else {
                a.wrapping_div(b)
            })
        };
    }
    macro_rules! rem {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| if b == 0 { a } else { a.wrapping_rem(b) })
        };
    }
    macro_rules! min {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| a.min(b))
        };
    }
    macro_rules! max {
        ($t:ty, $u:ty) => {
            two!($t, $u, |a, b| a.max(b))
        };
    }
    macro_rules! neg {
        ($t:ty, $u:ty) => {
            one!($t, $u, |a| (0 as $t).wrapping_sub(a))
        };
    }
    macro_rules! mad {
        ($t:ty, $u:ty) => {
            Compute::Three(|a, b, c| {
                ((a as $t).wrapping_mul(b as $t).wrapping_add(c as $t) as $u).into()
            })
        };
    }
    macro_rules! mad_high {
        ($t:ty, $u:ty) => {
            Compute::Three(|a, b, c| {
                let high = i128::from(a as $t).wrapping_mul(i128::from(b as $t)) >> <$t>::BITS;
                ((high as $t).wrapping_add(c as $t) as $u).into()
            })
        };
    }
    Some(match parts {
        ["add", kind] => integers!(*kind, add),
        ["sub", kind] => integers!(*kind, sub),
        ["mul", "lo", kind] => integers!(*kind, mul),
        ["mul", "hi", kind] => integers!(*kind, high),
        ["mul" | "mad", "wide", kind] => return wide(parts[0], kind),
        ["mad", "lo", kind] => integers!(*kind, mad),
        ["mad", "hi", kind] => integers!(*kind, mad_high),
        ["div", kind] => integers!(*kind, div),
        ["rem", kind] => integers!(*kind, rem),
        ["min", kind] => integers!(*kind, min),
        ["max", kind] => integers!(*kind, max),
        ["neg", kind] => integers!(*kind, neg),
        ["abs", "s16"] => Compute::One(|a| (a as i16).wrapping_abs() as u16 as u64),
        ["abs", "s32"] => Compute::One(|a| (a as i32).wrapping_abs() as u32 as u64),
        ["abs", "s64"] => Compute::One(|a| (a as i64).wrapping_abs() as u64),
        _ => return None,
    })
}

/// Products of twice the size.
fn wide(name: &str, kind: &str) -> Option<Compute> {
    macro_rules! wide {
        ($t:ty, $wide:ty, $u:ty) => {
            match name {
                "mul" => Compute::Two(|a, b| {
                    (<$wide>::from(a as $t) * <$wide>::from(b as $t)) as $u as u64
                }),
                _ => Compute::Three(|a, b, c| {
                    (<$wide>::from(a as $t) * <$wide>::from(b as $t)).wrapping_add(c as $wide) as $u
                        as u64
                }),
            }
        };
    }
    Some(match kind {
        "u16" => wide!(u16, u32, u32),
        "s16" => wide!(i16, i32, u32),
        "u32" => wide!(u32, u64, u64),
        "s32" => wide!(i32, i64, u64),
        _ => return None,
    })
}
