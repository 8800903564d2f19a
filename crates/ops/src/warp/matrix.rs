//! The matrices of warps, and their inverses.

/// The largest coefficient of a map: with sides of at most 2^16 pixels, every sum of a row of the matrix is then finite in f32.
const MAX_COEFFICIENT: f32 = 1e30;

/// The matrix of a warp, row by row.
pub(crate) trait Matrix: Sized {
    /// The matrices that are possible, in words: from the output to the source, and from the source to the output.
    const POSSIBLE: [&str; 2];
    /// The meaning of the numbers, in words.
    const MEANING: &str;

    /// The inverse in f64, computed as by OpenCV; `None` where there is none.
    fn inverse(self) -> Option<Self>;
}

impl Matrix for [f64; 6] {
    const POSSIBLE: [&str; 2] = [
        "six numbers of at most 1e30",
        "a matrix with an inverse of numbers of at most 1e30 (a e - b d is not 0)",
    ];
    const MEANING: &str = "the matrix a, b, c, d, e, f, row by row";

    fn inverse(self) -> Option<Self> {
        let [a, b, c, d, e, f] = self;
        let factor = reciprocal(a * e - b * d)?;
        let (ia, ib, id, ie) = (e * factor, b * -factor, d * -factor, a * factor);
        Some([ia, ib, -ia * c - ib * f, id, ie, -id * c - ie * f])
    }
}

impl Matrix for [f64; 9] {
    const POSSIBLE: [&str; 2] = [
        "nine numbers of at most 1e30",
        "a matrix with an inverse of numbers of at most 1e30 (its determinant is not 0)",
    ];
    const MEANING: &str = "the matrix of nine numbers, row by row";

    fn inverse(self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self;
        let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
        let factor = reciprocal(determinant)?;
        let cofactors = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        Some(cofactors.map(|cofactor| cofactor * factor))
    }
}

fn reciprocal(determinant: f64) -> Option<f64> {
    let factor = 1.0 / determinant;
    (determinant != 0.0 && factor.is_finite()).then_some(factor)
}

/// The map from the output to the source in single precision; `None` where there is none, or it has too large numbers.
pub(super) fn possible_map<const N: usize>(matrix: [f64; N], inverse: bool) -> Option<[f32; N]>
where
    [f64; N]: Matrix,
{
    let map = match inverse {
        true => Some(matrix),
        false => matrix.inverse(),
    };
    let map = map?.map(|coefficient| coefficient as f32);
    // A NaN is out of this range as well.
    let possible = |coefficient: &f32| coefficient.abs() <= MAX_COEFFICIENT;
    map.iter().all(possible).then_some(map)
}
