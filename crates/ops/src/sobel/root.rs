//! The magnitude of two derivatives, as a byte.

/// 2^23: between 2^23 and 2^24, consecutive f32 differ by one.
const INTEGERS_ONLY: f32 = 8_388_608.0;

/// The exact value of `min(255, round_half_even(sqrt(square)))` for a square that is not negative.
///
/// A square of 255^2 or more gives 255, so that it is clamped to 255^2: then the root is at most 255, and no saturating conversion
/// is needed. The square is below 2^24 and therefore exact in f32, and the IEEE square root is correctly rounded. A sum with 2^23
/// has no fractional bits, so that the addition rounds to the nearest integer, half to even, which is then in the low bits. (The
/// correctly rounded root is never a tie: the square of n + 1/2 is no integer, and the root of the nearest integer is more than
/// 4.9e-4 away, farther than rounding to f32 moves it. The result is therefore the rounding of the exact root as well.)
#[inline(always)]
pub(super) fn rounded_root(square: i32) -> u8 {
    let root = (square.min(255 * 255) as f32).sqrt();
    (root + INTEGERS_ONLY).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_exact_for_every_square() {
        for square in 0..=2 * 1020 * 1020 {
            let expected = f64::from(square).sqrt().round_ties_even().min(255.0) as u8;
            assert_eq!(rounded_root(square), expected, "{square}");
        }
    }
}
