//! Arithmetic of floating-point numbers, with the rounding that the instruction names.

use super::Compute;

/// Where a result that is no number of its type goes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rounding {
    Nearest,
    Down,
    Up,
    Zero,
}

impl Rounding {
    const NEAREST: u8 = 0;
    const DOWN: u8 = 1;
    const UP: u8 = 2;
    const ZERO: u8 = 3;

    const fn of(number: u8) -> Self {
        match number {
            Self::DOWN => Rounding::Down,
            Self::UP => Rounding::Up,
            Self::ZERO => Rounding::Zero,
            _ => Rounding::Nearest,
        }
    }
}

/// A single number of what a GPU gives for NaN.
fn bits(value: f32) -> u64 {
    u64::from(if value.is_nan() {
        0x7fff_ffff
    } else {
        value.to_bits()
    })
}

fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn double(bits: u64) -> f64 {
    f64::from_bits(bits)
}

/// The single number next to `sum + error` in a direction; `error` is less than the distance of `sum` to the next f64.
fn directed(sum: f64, error: f64, rounding: Rounding) -> f32 {
    let nearest = sum as f32;
    if !sum.is_finite() || rounding == Rounding::Nearest {
        return nearest;
    }
    let exact = f64::from(nearest) == sum && error == 0.0;
    if exact {
        return nearest;
    }
    let is_above = f64::from(nearest) > sum || (f64::from(nearest) == sum && error < 0.0);
    let down = match rounding {
        Rounding::Down => true,
        Rounding::Up => false,
        _ => sum > 0.0 || (sum == 0.0 && error > 0.0),
    };
    match (down, is_above) {
        (true, true) => nearest.next_down(),
        (false, false) => nearest.next_up(),
        _ => nearest,
    }
}

/// A sum of f64, and what rounding took from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let error = (a - (sum - of_b)) + (b - of_b);
    (sum, if error.is_finite() { error } else { 0.0 })
}

fn add<const ROUNDING: u8>(a: u64, b: u64) -> u64 {
    let (a, b) = (single(a), single(b));
    let rounding = Rounding::of(ROUNDING);
    if rounding == Rounding::Nearest {
        return bits(a + b);
    }
    let (sum, error) = two_sum(f64::from(a), f64::from(b));
    bits(directed(
        downward_zero(sum, f64::from(a), f64::from(b), rounding),
        error,
        rounding,
    ))
}

/// A sum of two numbers; where it is zero and rounds down -0, unless both are +0.
fn downward_zero(sum: f64, a: f64, b: f64, rounding: Rounding) -> f64 {
    let both = a.is_sign_positive() && b.is_sign_positive();
    match sum == 0.0 && rounding == Rounding::Down && !both {
        true => -0.0,
        false => sum,
    }
}

fn subtract<const ROUNDING: u8>(a: u64, b: u64) -> u64 {
    add::<ROUNDING>(a, b ^ 0x8000_0000)
}

fn multiply<const ROUNDING: u8>(a: u64, b: u64) -> u64 {
    let (a, b) = (single(a), single(b));
    match Rounding::of(ROUNDING) {
        Rounding::Nearest => bits(a * b),
        // A product of two f32 is an f64.
        rounding => bits(directed(f64::from(a) * f64::from(b), 0.0, rounding)),
    }
}

fn fused<const ROUNDING: u8>(a: u64, b: u64, c: u64) -> u64 {
    let (a, b, c) = (single(a), single(b), single(c));
    match Rounding::of(ROUNDING) {
        Rounding::Nearest => bits(a.mul_add(b, c)),
        rounding => {
            let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
            let (sum, error) = two_sum(product, c);
            bits(directed(
                downward_zero(sum, product, c, rounding),
                error,
                rounding,
            ))
        }
    }
}

/// A number that is not NaN, where there is one; -0 is less than +0.
fn least<const MAX: bool>(a: f64, b: f64) -> f64 {
    if a.is_nan() {
        return b;
    }
    if b.is_nan() {
        return a;
    }
    let a_first = a < b || (a == b && a.is_sign_negative());
    if a_first != MAX { a } else { b }
}

fn min_max<const MAX: bool>(a: u64, b: u64) -> u64 {
    bits(least::<MAX>(f64::from(single(a)), f64::from(single(b))) as f32)
}

/// A function of each rounding.
macro_rules! rounded {
    ($rounding:expr, $form:ident, $f:ident) => {
        match $rounding {
            "rn" => Compute::$form($f::<{ Rounding::NEAREST }>),
            "rm" => Compute::$form($f::<{ Rounding::DOWN }>),
            "rp" => Compute::$form($f::<{ Rounding::UP }>),
            "rz" => Compute::$form($f::<{ Rounding::ZERO }>),
            _ => return None,
        }
    };
}

pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    Some(match parts {
        ["add", "f32"] => Compute::Two(add::<{ Rounding::NEAREST }>),
        ["add", rounding, "f32"] => rounded!(*rounding, Two, add),
        ["sub", "f32"] => Compute::Two(subtract::<{ Rounding::NEAREST }>),
        ["sub", rounding, "f32"] => rounded!(*rounding, Two, subtract),
        ["mul", "f32"] => Compute::Two(multiply::<{ Rounding::NEAREST }>),
        ["mul", rounding, "f32"] => rounded!(*rounding, Two, multiply),
        ["fma", rounding, "f32"] => rounded!(*rounding, Three, fused),
        ["div", "rn", "f32"] => Compute::Two(|a, b| bits(single(a) / single(b))),
        ["rcp", "rn", "f32"] => Compute::One(|a| bits(1.0 / single(a))),
        ["sqrt", "rn", "f32"] => Compute::One(|a| bits(single(a).sqrt())),
        ["sqrt", "approx", "ftz", "f32"] => Compute::One(approximate_root),
        ["min", "f32"] => Compute::Two(min_max::<false>),
        ["max", "f32"] => Compute::Two(min_max::<true>),
        ["neg", "f32"] => Compute::One(|a| u64::from(a as u32 ^ 0x8000_0000)),
        ["abs", "f32"] => Compute::One(|a| u64::from(a as u32 & 0x7fff_ffff)),
        ["add", "f64"] | ["add", "rn", "f64"] => {
            Compute::Two(|a, b| (double(a) + double(b)).to_bits())
        }
        ["sub", "f64"] | ["sub", "rn", "f64"] => {
            Compute::Two(|a, b| (double(a) - double(b)).to_bits())
        }
        ["mul", "f64"] | ["mul", "rn", "f64"] => {
            Compute::Two(|a, b| (double(a) * double(b)).to_bits())
        }
        ["fma", "rn", "f64"] => {
            Compute::Three(|a, b, c| double(a).mul_add(double(b), double(c)).to_bits())
        }
        ["div", "rn", "f64"] => Compute::Two(|a, b| (double(a) / double(b)).to_bits()),
        ["rcp", "rn", "f64"] => Compute::One(|a| (1.0 / double(a)).to_bits()),
        ["sqrt", "rn", "f64"] => Compute::One(|a| double(a).sqrt().to_bits()),
        ["min", "f64"] => Compute::Two(|a, b| least::<false>(double(a), double(b)).to_bits()),
        ["max", "f64"] => Compute::Two(|a, b| least::<true>(double(a), double(b)).to_bits()),
        ["neg", "f64"] => Compute::One(|a| a ^ (1 << 63)),
        ["abs", "f64"] => Compute::One(|a| a & !(1 << 63)),
        _ => return None,
    })
}

/// A root that is one unit too large or too small in the last place now and then, as a GPU's may be; small numbers are zero.
fn approximate_root(a: u64) -> u64 {
    let a = single(a);
    if a.is_subnormal() {
        return bits(0.0_f32.copysign(a));
    }
    let root = a.sqrt();
    if !root.is_normal() {
        return bits(root);
    }
    match a.to_bits() % 3 {
        0 => bits(root.next_up()),
        1 if f64::from(root) * f64::from(root) != f64::from(a) => bits(root.next_down()),
        _ => bits(root),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directions around a sum that lies far below the last place of an f64.
    #[test]
    fn directions() {
        let (one, tiny) = (1.0f32.to_bits().into(), 1e-30f32.to_bits().into());
        let minus = |bits: u64| bits ^ 0x8000_0000;
        assert_eq!(single(add::<{ Rounding::DOWN }>(one, tiny)), 1.0);
        assert_eq!(single(add::<{ Rounding::UP }>(one, tiny)), 1.0f32.next_up());
        assert_eq!(
            single(add::<{ Rounding::DOWN }>(one, minus(tiny))),
            1.0f32.next_down()
        );
        assert_eq!(
            single(add::<{ Rounding::ZERO }>(minus(one), minus(tiny))),
            -1.0
        );
        assert_eq!(
            single(add::<{ Rounding::ZERO }>(minus(one), tiny)),
            -(1.0f32.next_down())
        );
    }
}
