//! The parameters of an affine transformation as they are drawn, and their matrix.

/// A rotation, translation, scaling and shear about the center of an image.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct AffineDraw {
    /// The angle of the rotation in degrees, clockwise.
    pub degrees: f64,
    /// The translation along x and along y in pixels.
    pub translate: [i32; 2],
    /// The scale.
    pub scale: f64,
    /// The angles of the shear along x and along y in degrees.
    pub shear: [f64; 2],
}

impl AffineDraw {
    /// The matrix from a position of the output to one of the source, `[a, b, c, d, e, f]` row by row, for images of `width` x `height`
    /// pixels. Integer positions are pixel centers: it is an inverse matrix of [`WarpAffine`](crate::WarpAffine).
    ///
    /// It is computed as by torchvision's `affine` with the center of the image: with the angle r, the shears x and y, the scale s and
    /// the matrix `[a, b; c, d]` = `[cos(r - y) / cos(y), -cos(r - y) tan(x) / cos(y) - sin(r); sin(r - y) / cos(y), -sin(r - y) tan(x)
    /// / cos(y) + cos(r)]`, the linear part is `[d, -b; -c, a] / s`.
    pub fn matrix(&self, width: u32, height: u32) -> [f64; 6] {
        // The same on every machine, other than the functions of the standard library.
        use libm::{cos, sin, tan};
        let angle = self.degrees.to_radians();
        let [x, y] = self.shear.map(f64::to_radians);
        let a = cos(angle - y) / cos(y);
        let b = -cos(angle - y) * tan(x) / cos(y) - sin(angle);
        let c = sin(angle - y) / cos(y);
        let d = -sin(angle - y) * tan(x) / cos(y) + cos(angle);
        let [a, b, c, d] = [d, -b, -c, a].map(|number| number / self.scale);
        // The middle between the first pixel center and the last one.
        let [center_x, center_y] = [width, height].map(|side| (f64::from(side) - 1.0) / 2.0);
        let [x, y] = self.translate.map(f64::from);
        let (x, y) = (-center_x - x, -center_y - y);
        [
            a,
            b,
            a * x + b * y + center_x,
            c,
            d,
            c * x + d * y + center_y,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// torchvision 0.29.2, `_get_inverse_affine_matrix([49.5, 19.5], 25.5, [3, -2], 1.25, [10.0, -5.0])`.
    #[test]
    fn the_matrix_is_that_of_torchvision() {
        let drawn = AffineDraw {
            degrees: 25.5,
            translate: [3, -2],
            scale: 1.25,
            shear: [10.0, -5.0],
        };
        let expected = [
            0.6502005836901714,
            0.46641592578130353,
            7.20219065509319,
            -0.4075816616433844,
            0.6919363550856186,
            28.789151022279356,
        ];
        for (got, expected) in drawn.matrix(100, 40).iter().zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
    }

    #[test]
    fn without_a_change_every_pixel_stays() {
        let drawn = AffineDraw {
            degrees: 0.0,
            translate: [0, 0],
            scale: 1.0,
            shear: [0.0; 2],
        };
        assert_eq!(drawn.matrix(35, 20), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
