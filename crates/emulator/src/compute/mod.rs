//! What instructions compute: a function of the bits of their operands for each instruction and type.
//!
//! A register holds 64 bits. An instruction reads as many of the lowest bits as its type has, and what it leaves above those of its
//! result has no meaning.

mod bits;
mod compare;
mod convert;
mod float;
mod integer;
mod packed;

pub(crate) type One = fn(u64) -> u64;
pub(crate) type Two = fn(u64, u64) -> u64;
pub(crate) type Three = fn(u64, u64, u64) -> u64;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Compute {
    One(One),
    Two(Two),
    Three(Three),
}

/// The function of an instruction, by the parts of its name; `None` where there is none.
pub(crate) fn of(parts: &[&str]) -> Option<Compute> {
    compare::of(parts)
        .or_else(|| convert::of(parts))
        .or_else(|| packed::of(parts))
        .or_else(|| bits::of(parts))
        .or_else(|| float::of(parts))
        .or_else(|| integer::of(parts))
}

/// A copy of the lowest bits.
pub(crate) fn copy(bits: u32) -> One {
    match bits {
        16 => |a| u64::from(a as u16),
        32 => |a| u64::from(a as u32),
        _ => |a| a,
    }
}

/// What an atomic instruction writes, of the value that is there and its operand; for `cas` the comparison is its caller's.
pub(crate) fn atomic(parts: &[&str]) -> Option<Two> {
    let (kind, parts) = parts.split_last()?;
    let (name, places) = parts.split_last()?;
    let is_place = |part: &&str| matches!(*part, "global" | "shared" | "relaxed" | "gpu" | "cta");
    if !places.iter().all(is_place) {
        return None;
    }
    match *name {
        "exch" | "cas" => Some(|_, b| b),
        // Sums of floating-point numbers flush small ones on some GPUs.
        "add" | "min" | "max" => match integer::of(&[name, kind])? {
            Compute::Two(f) => Some(f),
            _ => None,
        },
        "and" | "or" | "xor" => match bits::of(&[name, kind])? {
            Compute::Two(f) => Some(f),
            _ => None,
        },
        _ => None,
    }
}

/// A function of two numbers for each integer type, by the name of the type. The types of 8 bits are those of conversions only.
macro_rules! integers {
    ($kind:expr, $make:ident) => {
        match $kind {
            "u16" | "b16" => $make!(u16, u16),
            "s16" => $make!(i16, u16),
            "u32" | "b32" => $make!(u32, u32),
            "s32" => $make!(i32, u32),
            "u64" | "b64" => $make!(u64, u64),
            "s64" => $make!(i64, u64),
            _ => return None,
        }
    };
}

use integers;

pub(crate) use bits::insert;
pub(crate) use convert::{LOCAL, SHARED};
