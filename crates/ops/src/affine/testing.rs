//! Random cases and the reference of `affine` for tests.

use super::Affine;
use super::reference;
use super::spec::build;
use crate::spec::{OperatorTesting, shared};
use crate::warp::grid::testing::{random_center, random_sampling};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let [width, height] = [shape.width, shape.height].map(f64::from);
        let affine = match random.within(0, 2) {
            // Whole numbers.
            0 => Affine::new()
                .angle(90.0 * f64::from(random.within(0, 4)))?
                .translate([random.within(0, 9), random.within(0, 9)].map(f64::from))?
                .scale(random.pick(&[0.5, 1.0, 2.0]))?,
            _ => Affine::new()
                .angle(random.number(-400.0, 400.0))?
                .translate([random.number(-width, width), random.number(-height, height)])?
                .scale(random.number(0.2, 3.0))?
                .shear([0; 2].map(|_: u8| random.number(-60.0, 60.0)))?,
        };
        let affine = match random_center(random, *shape) {
            Some(center) => affine.center(center)?,
            None => affine,
        };
        shared(affine.sampling(random_sampling(random)))
    },
    reference: |values, images| {
        let affine = build(values).expect("possible values");
        reference::affine(&images[0].u8_image(), &affine).into()
    },
    part: None,
};
