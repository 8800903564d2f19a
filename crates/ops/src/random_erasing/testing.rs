//! Random cases and the reference of `random_erasing` for tests.

use super::RandomErasing;
use super::reference;
use super::spec::build;
use crate::random::ranges::draw_range;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let erasing = RandomErasing::new(random.number(0.3, 1.0))?
            .scale(draw_range(random, [0.0, 1.0]))?
            .ratio(draw_range(random, [0.1, 10.0]))?
            .value(&random.constant(shape.sample))?;
        shared(
            erasing
                .seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        let value = images[0].constant(&operator.constant());
        images[0].copied(|image| reference::random_erasing(image, &operator, value, 0, 0))
    },
    part: None,
};
