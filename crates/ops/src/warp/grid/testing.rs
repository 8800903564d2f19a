//! What the tests of torchvision's geometric operators share.

use super::{GridInterpolation, GridLike, GridSampling, parameters};
use crate::image::ImageShape;
use crate::spec::Values;
use crate::testing::Random;

/// Any sampling.
pub(crate) fn random_sampling(random: &mut Random) -> GridSampling {
    GridSampling {
        interpolation: random.pick(&GridInterpolation::ALL),
        value: match random.within(0, 1) {
            0 => None,
            _ => Some(random.color()),
        },
        like: random.pick(&GridLike::ALL),
    }
}

/// No center, or one that is mostly inside the image.
pub(crate) fn random_center(random: &mut Random, shape: ImageShape) -> Option<[f64; 2]> {
    match random.within(0, 3) {
        0 => Some([
            random.number(-5.0, f64::from(shape.width) + 5.0),
            random.number(-5.0, f64::from(shape.height) + 5.0),
        ]),
        // Half pixels.
        1 => Some(
            [shape.width, shape.height].map(|side| f64::from(random.within(0, 2 * side)) / 2.0),
        ),
        _ => None,
    }
}

/// The sampling of these values.
pub(crate) fn sampling_of(values: &Values) -> GridSampling {
    parameters::sampling(values).expect("names of the choices")
}
