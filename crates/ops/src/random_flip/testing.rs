//! Random cases and the reference of `random_flip` for tests.

use super::RandomFlip;
use super::reference;
use super::spec::build;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let flip = RandomFlip::new(random.number(0.0, 1.0), random.number(0.0, 1.0))?;
        shared(
            flip.seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        images[0].copied(|image| reference::random_flip(image, &operator, 0, 0))
    },
    part: Some(Part::Geometry),
};
