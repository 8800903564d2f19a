//! Random cases and the reference of `random_affine` for tests.

use super::RandomAffine;
use super::reference;
use super::spec::build;
use crate::random::ranges::draw_range;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let degrees = draw_range(random, [-360.0, 360.0]);
        let ([a, b], [c, d]) = (
            draw_range(random, [-60.0, 60.0]),
            draw_range(random, [-60.0, 60.0]),
        );
        let affine = RandomAffine::new(degrees)?
            .translate([random.number(0.0, 1.0), random.number(0.0, 1.0)])?
            .scale(draw_range(random, [0.3, 3.0]))?
            .shear([a, b, c, d])?
            .value(random.color());
        shared(
            affine
                .seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        reference::random_affine(&images[0].u8_image(), &operator, 0, 0).into()
    },
    part: None,
};
