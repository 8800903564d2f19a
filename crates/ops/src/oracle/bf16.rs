//! The rounding to bf16.

use std::cmp::Ordering;

/// The bits of the bf16 number that is nearest to `value`, ties to even. Beyond the largest number lies infinity; a NaN becomes
/// a quiet one.
pub fn bf16_bits(value: f32) -> u16 {
    let toward_zero = (value.to_bits() >> 16) as u16;
    if value.is_nan() {
        return toward_zero | 0x40;
    }
    if value.is_infinite() {
        return toward_zero;
    }
    let number = |bits: u16| match f64::from(f32::from_bits(u32::from(bits) << 16)) {
        // The number that would follow the largest one.
        infinite if infinite.is_infinite() => 2f64.powi(128).copysign(infinite),
        number => number,
    };
    // Neighbors differ in the last bit, and one of them is even.
    let away = toward_zero + 1;
    let distance = |bits| (number(bits) - f64::from(value)).abs();
    match distance(toward_zero).total_cmp(&distance(away)) {
        Ordering::Less => toward_zero,
        Ordering::Greater => away,
        Ordering::Equal => toward_zero + toward_zero % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::bf16;

    /// The executors round with the crate `half`; the upper half of an f32 and the patterns of the lower half around a tie.
    #[test]
    fn half_rounds_to_bf16_as_the_reference_does() {
        for high in 0..=u16::MAX {
            for low in [0, 1, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xffff] {
                let value = f32::from_bits(u32::from(high) << 16 | low);
                let (got, expected) = (bf16::from_f32(value).to_bits(), bf16_bits(value));
                assert_eq!(got, expected, "{value:e} ({high:#06x} {low:#06x})");
            }
        }
    }

    #[test]
    fn bf16_has_ties_infinity_subnormals_and_nan() {
        let bits = |value: u32| bf16_bits(f32::from_bits(value));
        assert_eq!(bits(0x3f80_8000), 0x3f80, "a tie to the even number below");
        assert_eq!(bits(0x3f81_8000), 0x3f82, "a tie to the even number above");
        assert_eq!(bits(0x3f80_8001), 0x3f81, "more than a tie");
        assert_eq!(bits(0x7f7f_7fff), 0x7f7f, "the largest number");
        assert_eq!(bits(0x7f7f_8000), 0x7f80, "infinity");
        assert_eq!(bits(0xff7f_8000), 0xff80, "minus infinity");
        assert_eq!(bits(0x0000_8001), 0x0001, "the smallest number");
        assert_eq!(bits(0x8000_8000), 0x8000, "minus zero");
        assert_eq!(bits(0x7f80_0001), 0x7fc0, "a quiet NaN");
    }
}
