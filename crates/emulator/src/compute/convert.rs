//! Conversions between types.

use super::Compute;
use half::f16;

pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    match parts {
        ["cvta", "to", "shared", "u64"] => Some(Compute::One(|a| a.wrapping_sub(SHARED))),
        ["cvta", "shared", "u64"] => Some(Compute::One(|a| a.wrapping_add(SHARED))),
        ["cvta", "to", "local", "u64"] => Some(Compute::One(|a| a.wrapping_sub(LOCAL))),
        ["cvta", "local", "u64"] => Some(Compute::One(|a| a.wrapping_add(LOCAL))),
        // Global memory has the same addresses in both.
        ["cvta", "to", "global" | "const", "u64"] | ["cvta", "global" | "const", "u64"] => {
            Some(Compute::One(|a| a))
        }
        ["cvt", "pack", "sat", "u8", "s32", "b32"] => Some(Compute::Three(|a, b, c| {
            (c << 16) | (clamped(a, 0, 255) << 8) | clamped(b, 0, 255)
        })),
        ["cvt", "pack", "sat", "s16", "s32"] => Some(Compute::Two(|a, b| {
            let half = |number| clamped(number, i16::MIN.into(), i16::MAX.into()) & 0xffff;
            (half(a) << 16) | half(b)
        })),
        ["cvt", modifiers @ .., to, from] => convert(modifiers, to, from).map(Compute::One),
        _ => None,
    }
}

/// The first generic address of shared memory.
pub(crate) const SHARED: u64 = 0x5000_0000_0000_0000;
/// The first generic address of local memory.
pub(crate) const LOCAL: u64 = 0x4000_0000_0000_0000;

fn clamped(number: u64, low: i32, high: i32) -> u64 {
    (number as i32).clamp(low, high) as u32 as u64
}

fn convert(modifiers: &[&str], to: &str, from: &str) -> Option<fn(u64) -> u64> {
    let is_float = |kind: &str| kind.starts_with('f');
    match (is_float(from), is_float(to)) {
        (false, false) => integers(modifiers, to, from),
        (false, true) => to_float(modifiers, to, from),
        (true, false) => to_integer(modifiers, to, from),
        (true, true) => floats(modifiers, to, from),
    }
}

/// For each integer type, with its name.
macro_rules! by_type {
    ($kind:expr, $make:ident) => {
        match $kind {
            "u8" => $make!(u8),
            "s8" => $make!(i8),
            "u16" => $make!(u16),
            "s16" => $make!(i16),
            "u32" => $make!(u32),
            "s32" => $make!(i32),
            "u64" => $make!(u64),
            "s64" => $make!(i64),
            _ => return None,
        }
    };
}

fn integers(modifiers: &[&str], to: &str, from: &str) -> Option<fn(u64) -> u64> {
    macro_rules! from_type {
        ($from:ty) => {{
            macro_rules! to_type {
                ($to:ty) => {
                    match modifiers {
                        [] => |a| ((a as $from) as $to) as u64,
                        ["sat"] => |a| {
                            let clamped =
                                i128::from(a as $from).clamp(<$to>::MIN.into(), <$to>::MAX.into());
                            clamped as $to as u64
                        },
                        _ => return None,
                    }
                };
            }
            by_type!(to, to_type)
        }};
    }
    Some(by_type!(from, from_type))
}

fn to_float(modifiers: &[&str], to: &str, from: &str) -> Option<fn(u64) -> u64> {
    if modifiers != ["rn"] {
        return None;
    }
    macro_rules! from_type {
        ($from:ty) => {
            match to {
                "f32" => |a| ((a as $from) as f32).to_bits().into(),
                "f64" => |a| ((a as $from) as f64).to_bits(),
                _ => return None,
            }
        };
    }
    Some(by_type!(from, from_type))
}

/// Numbers that the type does not hold become the nearest that it does. NaN becomes the highest bit alone where one of the types has 64 bits, and
/// else 0.
fn to_integer(modifiers: &[&str], to: &str, from: &str) -> Option<fn(u64) -> u64> {
    macro_rules! rounded {
        ($value:expr, $to:ty, $is_double:literal) => {{
            let value: f64 = $value;
            match value.is_nan() {
                true if <$to>::BITS == 64 || $is_double => 1 << (<$to>::BITS - 1),
                true => 0,
                false => (value as $to) as u64,
            }
        }};
    }
    macro_rules! to_type {
        ($to:ty) => {
            match (from, modifiers) {
                ("f32", ["rni"]) => |a| rounded!(single(a).round_ties_even(), $to, false),
                ("f32", ["rzi"]) => |a| rounded!(single(a), $to, false),
                ("f32", ["rmi"]) => |a| rounded!(single(a).floor(), $to, false),
                ("f32", ["rpi"]) => |a| rounded!(single(a).ceil(), $to, false),
                ("f64", ["rni"]) => |a| rounded!(f64::from_bits(a).round_ties_even(), $to, true),
                ("f64", ["rzi"]) => |a| rounded!(f64::from_bits(a), $to, true),
                ("f64", ["rmi"]) => |a| rounded!(f64::from_bits(a).floor(), $to, true),
                ("f64", ["rpi"]) => |a| rounded!(f64::from_bits(a).ceil(), $to, true),
                _ => return None,
            }
        };
    }
    Some(by_type!(to, to_type))
}

fn single(bits: u64) -> f64 {
    f32::from_bits(bits as u32).into()
}

fn floats(modifiers: &[&str], to: &str, from: &str) -> Option<fn(u64) -> u64> {
    Some(match (modifiers, to, from) {
        (["rni"], "f32", "f32") => |a| bits(f32::from_bits(a as u32).round_ties_even()),
        (["rzi"], "f32", "f32") => |a| bits(f32::from_bits(a as u32).trunc()),
        (["rmi"], "f32", "f32") => |a| bits(f32::from_bits(a as u32).floor()),
        (["rpi"], "f32", "f32") => |a| bits(f32::from_bits(a as u32).ceil()),
        (["rni"], "f64", "f64") => |a| f64::from_bits(a).round_ties_even().to_bits(),
        (["rzi"], "f64", "f64") => |a| f64::from_bits(a).trunc().to_bits(),
        (["rmi"], "f64", "f64") => |a| f64::from_bits(a).floor().to_bits(),
        (["rpi"], "f64", "f64") => |a| f64::from_bits(a).ceil().to_bits(),
        // NaN becomes +0.
        (["sat"], "f32", "f32") => |a| match f32::from_bits(a as u32) {
            value if value > 0.0 => bits(value.min(1.0)),
            _ => 0,
        },
        ([], "f64", "f32") => |a| single(a).to_bits(),
        (["rn"], "f32", "f64") => |a| bits(f64::from_bits(a) as f32),
        (["rn"], "f16", "f32") => |a| u64::from(f16::from_f32(f32::from_bits(a as u32)).to_bits()),
        (["rn"], "f16", "f64") => |a| u64::from(half_of(f64::from_bits(a)).to_bits()),
        ([], "f32", "f16") => |a| bits(f16::from_bits(a as u16).to_f32()),
        _ => return None,
    })
}

/// The f16 next to a number, rounded once: the f32 on the way has the last bit of its fraction set where it is not the number itself.
pub(super) fn half_of(number: f64) -> f16 {
    let nearest = number as f32;
    let toward_zero = match f64::from(nearest).abs() > number.abs() {
        true => f32::from_bits(nearest.to_bits() - 1),
        false => nearest,
    };
    let is_exact = number.is_nan() || f64::from(toward_zero) == number;
    f16::from_f32(f32::from_bits(toward_zero.to_bits() | u32::from(!is_exact)))
}

fn bits(value: f32) -> u64 {
    u64::from(if value.is_nan() {
        0x7fff_ffff
    } else {
        value.to_bits()
    })
}
