//! The matrices of torchvision's affine operators.

use super::GridLike;
use crate::image::ImageShape;

/// A rotation, translation, scaling and shear of torchvision.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Affine {
    /// The middle of the rotation, scaling and shear, from the middle of the image.
    pub(crate) center: [f64; 2],
    /// The angle in degrees, clockwise.
    pub(crate) angle: f64,
    pub(crate) translate: [f64; 2],
    pub(crate) scale: f64,
    /// The angles of the shears along x and y in degrees.
    pub(crate) shear: [f64; 2],
}

impl Affine {
    /// The matrix from the output to the source, `_get_inverse_affine_matrix` of torchvision.
    pub(crate) fn inverse(&self) -> [f64; 6] {
        // The same on every machine, other than the functions of the standard library.
        use libm::{cos, sin, tan};
        let angle = self.angle.to_radians();
        let [shear_x, shear_y] = self.shear.map(f64::to_radians);
        let a = cos(angle - shear_y) / cos(shear_y);
        let b = -(a * tan(shear_x) + sin(angle));
        let c = sin(angle - shear_y) / cos(shear_y);
        let d = cos(angle) - c * tan(shear_x);
        let [a, b, c, d] = [d, -b, -c, a].map(|number| number / self.scale);
        let [x, y] = self.center;
        let [moved_x, moved_y] = [x + self.translate[0], y + self.translate[1]];
        [
            a,
            b,
            x - a * moved_x - b * moved_y,
            c,
            d,
            y - c * moved_x - d * moved_y,
        ]
    }
}

/// A center in pixels, or the middle of an image, from the middle of the image.
pub(crate) fn center(center: Option<[f64; 2]>, image: ImageShape) -> [f64; 2] {
    let from_middle = |at: f64, side: u32| at - f64::from(side) * 0.5;
    center.map_or([0.0; 2], |[x, y]| {
        [from_middle(x, image.width), from_middle(y, image.height)]
    })
}

/// The rows for x and y, of pixels of an image, as rows for positions from -1 to 1 inside of it.
pub(super) fn normalized(rows: [f32; 6], image: ImageShape) -> [f32; 6] {
    let half = [image.width, image.height].map(|side| 0.5 * side as f32);
    let [a, b, c, d, e, f] = rows;
    let [a, b, c] = [a, b, c].map(|number| number / half[0]);
    let [d, e, f] = [d, e, f].map(|number| number / half[1]);
    [a, b, c, d, e, f]
}

/// The width and height that an image needs to be whole after a rotation by this matrix (from the output to the source, whose transposed
/// turns the corners): `_compute_affine_output_size` of torchvision. They may be 0, and larger than an image can be.
pub(crate) fn expanded(matrix: [f64; 6], image: ImageShape, like: GridLike) -> (i64, i64) {
    let [a, b, c, d, e, f] = matrix.map(|number| number as f32);
    let half = [image.width, image.height].map(|side| 0.5 * side as f32);
    let sum = |[a, b, c]: [f32; 3], [x, y]: [f32; 2]| match like {
        GridLike::Torchvision => x * a + y * b + c,
        GridLike::TorchvisionAvx512 => x * a + c + y * b,
    };
    let side = |row: [f32; 3], half_side: f32| {
        let [x, y] = half;
        let corners = [[-x, -y], [-x, y], [x, y], [x, -y]].map(|corner| sum(row, corner));
        let least = corners.into_iter().fold(f32::INFINITY, f32::min) + half_side;
        let most = corners.into_iter().fold(f32::NEG_INFINITY, f32::max) + half_side;
        // Numbers that are above an integer by less than 1e-4 count as the integer.
        let cut = |number: f32| (number * 10_000.0).trunc() * 1e-4;
        (cut(most).ceil() - cut(least).floor()) as i64
    };
    (side([a, b, c], half[0]), side([d, e, f], half[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// torchvision 0.29.2, `_get_inverse_affine_matrix([3.5, -2.25], 25.5, [3, -2], 1.25, [10.0, -5.0])`.
    #[test]
    fn the_matrix_is_that_of_torchvision() {
        let affine = Affine {
            center: [3.5, -2.25],
            angle: 25.5,
            translate: [3.0, -2.0],
            scale: 1.25,
            shear: [10.0, -5.0],
        };
        let expected = [
            0.6502005836901714,
            0.46641592578130353,
            1.2559638905844261,
            -0.4075816616433844,
            0.6919363550856186,
            3.3400103097958773,
        ];
        for (got, expected) in affine.inverse().iter().zip(expected) {
            assert!((got - expected).abs() < 1e-14, "{got} {expected}");
        }
    }

    /// torchvision 0.29.2, `_compute_affine_output_size`.
    #[test]
    fn sizes_are_those_of_torchvision() {
        for (image, angle, expected) in [
            ((1, 1), 90.0, (1, 1)),
            ((1, 1), 30.0, (3, 3)),
            ((640, 480), 90.0, (480, 640)),
            ((640, 480), -180.0, (640, 480)),
            ((640, 480), 30.0, (796, 736)),
            // Its corners are between pixels, as one side is odd and the other even.
            ((65_536, 3), 90.0, (4, 65_537)),
            ((65_536, 3), -180.0, (65_536, 3)),
        ] {
            let affine = Affine {
                center: [0.0; 2],
                angle,
                translate: [0.0; 2],
                scale: 1.0,
                shear: [0.0; 2],
            };
            let (width, height) = image;
            let image = ImageShape::u8(width, height, 3);
            for like in GridLike::ALL {
                assert_eq!(expanded(affine.inverse(), image, like), expected);
            }
        }
    }
}
