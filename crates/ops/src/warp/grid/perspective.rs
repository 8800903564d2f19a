//! The perspective that moves four points to four others.

/// Four points, x and y of each.
pub(crate) type Points = [[f64; 2]; 4];

/// The largest coordinate of a point. Areas of triangles are then exact in f64.
pub(crate) const MAX_COORDINATE: f64 = 1_048_576.0;

/// The coefficients a to h of the perspective from the points `ends` of the output to the points `starts` of the source, `((a x + b y +
/// c) / w, (d x + e y + f) / w)` with `w = g x + h y + 1`, exact but for the rounding to f32; `None` where there is none, or it has
/// coefficients beyond 1e15. Coordinates are integers of at most [`MAX_COORDINATE`].
///
/// torchvision solves the same equations by least squares in f64, of which the rounding to f32 leaves the same, but for coefficients of 0:
/// it has about 1e-17 in their place.
pub(crate) fn coefficients(starts: Points, ends: Points) -> Option<[f32; 8]> {
    // Multiples of the first three points sum up to the fourth one: these are the areas of the triangles that the fourth one makes with
    // two of them. A matrix that takes `ends` to `starts` is the sum of `start * weight * row` over them, where `row` is 0 at the other two
    // points.
    let areas = |[p, q, r, s]: Points| [area(s, q, r), area(p, s, r), area(p, q, s)];
    let (from, to) = (areas(ends), areas(starts));
    let [p, q, r, _] = ends;
    let rows = [line(q, r), line(r, p), line(p, q)];
    let mut matrix = [[Exact::ZERO; 3]; 3];
    for point in 0..3 {
        let (next, last) = ((point + 1) % 3, (point + 2) % 3);
        let weight = Exact::of(to[point]).times(from[next]).times(from[last]);
        let [x, y] = starts[point];
        for (sums, coordinate) in matrix.iter_mut().zip([x, y, 1.0]) {
            for (sum, number) in sums.iter_mut().zip(rows[point]) {
                *sum = sum.plus(weight.times(coordinate).times(number));
            }
        }
    }
    let [first, second, [g, h, i]] = matrix;
    // Where the points of one side are on one line, all is 0, but for what rounding left.
    let is_possible = area(p, q, r) != 0.0 && from.iter().all(|&area| area != 0.0);
    let [a, b, c] = first;
    let [d, e, f] = second;
    let coefficients = [a, b, c, d, e, f, g, h].map(|number| (number.high / i.high) as f32);
    // A NaN is out of this range as well.
    let fits = coefficients.iter().all(|number| number.abs() <= 1e15);
    (is_possible && fits).then_some(coefficients)
}

/// Twice the signed area of a triangle.
fn area([ax, ay]: [f64; 2], [bx, by]: [f64; 2], [cx, cy]: [f64; 2]) -> f64 {
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// The numbers `[l, m, n]` such that `l x + m y + n` is twice the area of the triangle that a point makes with these two.
fn line([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> [f64; 3] {
    [ay - by, bx - ax, ax * by - bx * ay]
}

/// A number of about 106 bits: the sum of two numbers, of which the second is the rounding error of the first.
#[derive(Copy, Clone)]
struct Exact {
    high: f64,
    low: f64,
}

impl Exact {
    const ZERO: Self = Self::of(0.0);

    const fn of(high: f64) -> Self {
        Exact { high, low: 0.0 }
    }

    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let of_b = high - a;
        let low = (a - (high - of_b)) + (b - of_b);
        Exact { high, low }
    }

    fn times(self, factor: f64) -> Self {
        let high = self.high * factor;
        let low = self.high.mul_add(factor, -high) + self.low * factor;
        Exact::sum(high, low)
    }

    fn plus(self, other: Self) -> Self {
        let sum = Exact::sum(self.high, other.high);
        Exact::sum(sum.high, sum.low + (self.low + other.low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORNERS: Points = [[0.0, 0.0], [99.0, 0.0], [99.0, 49.0], [0.0, 49.0]];

    /// torchvision 0.29.2, `_get_perspective_coeffs`.
    #[test]
    fn coefficients_are_those_of_torchvision() {
        let moved = CORNERS.map(|[x, y]| [x + 3.0, y - 2.0]);
        assert_eq!(
            coefficients(CORNERS, moved),
            Some([1.0, 0.0, -3.0, 0.0, 1.0, 2.0, 0.0, 0.0])
        );
        let ends = [[7.0, 5.0], [90.0, 1.0], [95.0, 40.0], [3.0, 45.0]];
        assert_eq!(
            coefficients(CORNERS, ends),
            Some([
                1.1993343,
                0.11993343,
                -8.995007,
                0.066705935,
                1.3841481,
                -7.387682,
                -2.3454719e-05,
                0.0027675952
            ])
        );
    }

    #[test]
    fn points_on_a_line_have_no_perspective() {
        for three in [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]] {
            let mut ends = CORNERS;
            for (step, point) in three.into_iter().enumerate() {
                ends[point] = [10.0 * step as f64, 20.0 * step as f64];
            }
            assert_eq!(coefficients(CORNERS, ends), None);
            ends[three[0]] = ends[three[1]];
            assert_eq!(coefficients(CORNERS, ends), None);
        }
        assert_eq!(coefficients([[5.0, 6.0]; 4], CORNERS), None);
    }
}
