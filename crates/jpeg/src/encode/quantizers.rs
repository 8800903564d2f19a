//! Quantization tables of a quality, and the rounded division by them.

/// The quantization tables of luma and color of T.81 (K.1, K.2) in natural order.
const QUANTIZERS: [[u16; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// The quantization table of one kind of component.
pub(super) struct Quantizer {
    /// The divisors in natural order, 1 to 255.
    pub(super) values: [u8; 64],
    /// What divides by them.
    pub(super) division: Division,
}

/// The division of transformed samples, which are 8 times the coefficients, by `8 * q`, rounded to the nearest integer and half
/// away from zero. All in natural order.
pub(super) struct Division {
    /// Half the divisor.
    pub(super) half: [u16; 64],
    /// `2^(16 + k) / divisor`, rounded up.
    pub(super) reciprocal: [u16; 64],
    /// `2^(16 - k)`.
    pub(super) scale: [u16; 64],
}

impl Quantizer {
    /// The table of a quality from 1 to 100: that of T.81, scaled as libjpeg does it.
    pub(super) fn of(table: usize, quality: u8) -> Self {
        let quality = u32::from(quality);
        let percent = match quality {
            0..50 => 5000 / quality.max(1),
            _ => 200 - 2 * quality.min(100),
        };
        let scaled = |value: u16| ((u32::from(value) * percent + 50) / 100).clamp(1, 255) as u8;
        let values = QUANTIZERS[table].map(scaled);
        Quantizer {
            values,
            division: Division::by(&values),
        }
    }
}

impl Division {
    fn by(values: &[u8; 64]) -> Self {
        let mut division = Division {
            half: [0; 64],
            reciprocal: [0; 64],
            scale: [0; 64],
        };
        for (i, &value) in values.iter().enumerate() {
            let divisor = u32::from(value) * 8;
            // The largest k for which the reciprocal has 16 bits. With m = 2^(16+k) / d + e and e < 1 for the remainder,
            // n * m / 2^(16+k) is n / d and less than 1 / d more for n < 2^15: its integer part is that of n / d.
            let k = (divisor - 1).ilog2();
            division.half[i] = (divisor / 2) as u16;
            division.reciprocal[i] = (1u32 << (16 + k)).div_ceil(divisor) as u16;
            division.scale[i] = 1 << (16 - k);
        }
        division
    }

    /// The quotient of the transformed sample at natural position `i`.
    #[inline(always)]
    pub(super) fn divide(&self, i: usize, value: i16) -> i16 {
        let high = |a: u16, b: u16| ((u32::from(a) * u32::from(b)) >> 16) as u16;
        let sum = value.unsigned_abs().wrapping_add(self.half[i]);
        let quotient = high(high(sum, self.reciprocal[i]), self.scale[i]) as i16;
        let sign = value >> 15;
        (quotient ^ sign).wrapping_sub(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quotient_is_rounded_for_every_divisor_and_sample() {
        for first in (1..=255).step_by(64) {
            let values: [u8; 64] = std::array::from_fn(|i| (first + i).min(255) as u8);
            let division = Division::by(&values);
            for (i, &value) in values.iter().enumerate() {
                let divisor = i32::from(value) * 8;
                // Twice what the transform of 8-bit samples can give.
                for sample in -16_500..=16_500_i16 {
                    let rounded = (i32::from(sample).abs() + divisor / 2) / divisor;
                    let expected = rounded * i32::from(sample).signum();
                    assert_eq!(
                        i32::from(division.divide(i, sample)),
                        expected,
                        "{sample} / {divisor}"
                    );
                }
            }
        }
    }
}
