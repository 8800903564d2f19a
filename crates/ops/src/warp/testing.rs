//! What the tests of warps share.

use super::{Matrix, WarpBorder, WarpInterpolation, WarpSampling, parameters};
use crate::image::ImageShape;
use crate::spec::Values;
use crate::testing::Random;

/// Any sampling.
pub(crate) fn random_sampling(random: &mut Random) -> WarpSampling {
    WarpSampling {
        interpolation: random.pick(&WarpInterpolation::ALL),
        border: random.pick(&WarpBorder::ALL),
        value: random.color(),
    }
}

/// The sampling of these values.
pub(crate) fn sampling_of(values: &Values) -> WarpSampling {
    parameters::sampling(values).expect("names of the choices")
}

/// The map from output to source of these values.
pub(crate) fn map_of<const N: usize>(values: &Values) -> [f64; N]
where
    [f64; N]: Matrix,
{
    let matrix: [f64; N] = values.array("matrix");
    match values.flag("inverse") {
        true => matrix,
        false => matrix.inverse().expect("a matrix with an inverse"),
    }
}

/// A matrix of two or three rows that turns, scales and moves images of this shape, mostly to where something of them is seen, with
/// some perspective in the third row; at times anything else.
pub(crate) fn random_matrix<const N: usize>(random: &mut Random, shape: ImageShape) -> [f64; N] {
    match random.within(0, 9) {
        0 => return [0.0; N].map(|_: f64| random.number(-1e12, 1e12)),
        // Whole and half pixels; some are singular, and some divide by 0.
        1 | 2 => return [0.0; N].map(|_: f64| f64::from(random.within(0, 8)) / 2.0 - 2.0),
        _ => {}
    }
    let (sin, cos) = random.number(-4.0, 4.0).sin_cos();
    let scale = random.number(0.3, 3.0);
    let (width, height) = (f64::from(shape.width), f64::from(shape.height));
    let (x, y) = (random.number(-width, width), random.number(-height, height));
    let mut matrix = [0.0; N];
    matrix[..6].copy_from_slice(&[scale * cos, -scale * sin, x, scale * sin, scale * cos, y]);
    if let Some(third) = matrix.get_mut(6..9) {
        let most = 0.7 / width.max(height);
        third.copy_from_slice(&[random.number(-most, most), random.number(-most, most), 1.0]);
    }
    matrix
}
