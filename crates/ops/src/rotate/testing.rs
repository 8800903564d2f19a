//! Random cases and the reference of `rotate` for tests.

use super::Rotate;
use super::reference;
use crate::spec::{OperatorTesting, shared};
use crate::warp::grid::parameters;
use crate::warp::grid::testing::{random_center, random_sampling, sampling_of};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let angle = match random.within(0, 3) {
            0 => 90.0 * (f64::from(random.within(0, 8)) - 4.0),
            1 => 15.0 * f64::from(random.within(0, 24)),
            _ => random.number(-400.0, 400.0),
        };
        let rotate = match random_center(random, *shape) {
            Some(center) => Rotate::new(angle)?.center(center)?,
            None => Rotate::new(angle)?,
        };
        let rotate = rotate.expand(random.within(0, 1) == 1);
        shared(rotate.sampling(random_sampling(random)))
    },
    reference: |values, images| {
        let angle = values.number("angle");
        let rotate = Rotate::given()
            .expand(values.flag("expand"))
            .sampling(sampling_of(values));
        let rotate = match parameters::center(values) {
            Some(center) => rotate.center(center).expect("a possible center"),
            None => rotate,
        };
        reference::rotate(&images[0].u8_image(), &rotate, angle).into()
    },
    part: None,
};
