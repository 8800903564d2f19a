//! Comparisons of two numbers.

use super::{Compute, integers};

macro_rules! float {
    ($relation:expr, $t:ty, $u:ty) => {{
        macro_rules! compare {
            (|$a:ident, $b:ident| $holds:expr) => {
                Some(Compute::Two(|a, b| {
                    let ($a, $b) = (<$t>::from_bits(a as $u), <$t>::from_bits(b as $u));
                    u64::from($holds)
                }))
            };
        }
        // The relations with a `u` hold for NaN too.
        match *$relation {
            "eq" => compare!(|a, b| a == b),
            "ne" => compare!(|a, b| a != b && !a.is_nan() && !b.is_nan()),
            "lt" => compare!(|a, b| a < b),
            "le" => compare!(|a, b| a <= b),
            "gt" => compare!(|a, b| a > b),
            "ge" => compare!(|a, b| a >= b),
            "equ" => compare!(|a, b| a == b || a.is_nan() || b.is_nan()),
            "neu" => compare!(|a, b| a != b),
            "ltu" => compare!(|a, b| a < b || a.is_nan() || b.is_nan()),
            "leu" => compare!(|a, b| a <= b || a.is_nan() || b.is_nan()),
            "gtu" => compare!(|a, b| a > b || a.is_nan() || b.is_nan()),
            "geu" => compare!(|a, b| a >= b || a.is_nan() || b.is_nan()),
            "num" => compare!(|a, b| !a.is_nan() && !b.is_nan()),
            "nan" => compare!(|a, b| a.is_nan() || b.is_nan()),
            _ => None,
        }
    }};
}
pub(super) fn of(parts: &[&str]) -> Option<Compute> {
    let ["setp", relation, kind] = parts else {
        return None;
    };
    match *kind {
        "f32" => float!(relation, f32, u32),
        "f64" => float!(relation, f64, u64),
        _ => integer(relation, kind),
    }
}

fn integer(relation: &str, kind: &str) -> Option<Compute> {
    macro_rules! compare {
        ($t:ty, $u:ty) => {
            match relation {
                "eq" => Compute::Two(|a, b| u64::from(a as $t == b as $t)),
                "ne" => Compute::Two(|a, b| u64::from(a as $t != b as $t)),
                "lt" | "lo" => Compute::Two(|a, b| u64::from((a as $t) < b as $t)),
                "le" | "ls" => Compute::Two(|a, b| u64::from(a as $t <= b as $t)),
                "gt" | "hi" => Compute::Two(|a, b| u64::from(a as $t > b as $t)),
                "ge" | "hs" => Compute::Two(|a, b| u64::from(a as $t >= b as $t)),
                _ => return None,
            }
        };
    }
    Some(integers!(kind, compare))
}
