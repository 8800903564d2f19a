//! Random cases and the reference of `warp_affine` for tests.

use super::WarpAffine;
use super::reference;
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, shared};
use crate::testing::Random;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let (width, height) = (random.side(), random.side());
        let matrix = random_matrix(random, *shape);
        // Hardly ever is a random matrix singular; seen from the output it may be.
        let warp = WarpAffine::with_direction(matrix, random.within(0, 1) == 1, width, height)
            .or_else(|_| WarpAffine::inverse_map(matrix, width, height))?;
        shared(warp.value(random.color()))
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        let map = match values.flag("inverse") {
            true => values.array("matrix"),
            false => {
                reference::invert_affine(values.array("matrix")).expect("a matrix with an inverse")
            }
        };
        reference::warp_affine(
            &images[0].u8_image(),
            map,
            width,
            height,
            values.color("value"),
        )
        .into()
    },
    part: None,
};

/// Turns, scales and moves images of this shape, mostly to where something of them is seen; at times anything else.
fn random_matrix(random: &mut Random, shape: ImageShape) -> [f64; 6] {
    match random.within(0, 9) {
        0 => return [0.0; 6].map(|_: f64| random.number(-1e12, 1e12)),
        // Whole and half pixels; some are singular.
        1 | 2 => return [0.0; 6].map(|_: f64| f64::from(random.within(0, 8)) / 2.0 - 2.0),
        _ => {}
    }
    let (sin, cos) = random.number(-4.0, 4.0).sin_cos();
    let scale = random.number(0.3, 3.0);
    let (width, height) = (f64::from(shape.width), f64::from(shape.height));
    let (x, y) = (random.number(-width, width), random.number(-height, height));
    [scale * cos, -scale * sin, x, scale * sin, scale * cos, y]
}
