//! Random cases and the reference of `random_resized_crop` for tests.

use super::RandomResizedCrop;
use super::reference;
use super::spec::build;
use crate::random::ranges::draw_range;
use crate::resized_crop::testing::sampling;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let (width, height) = (random.side().min(400), random.side().min(400));
        let crop = RandomResizedCrop::new(width, height)?
            .scale(draw_range(random, [0.0, 1.0]))?
            // Beside common proportions those that never fit.
            .ratio(match random.within(0, 1) {
                0 => draw_range(random, [0.5, 2.0]),
                _ => draw_range(random, [0.001, 1000.0]),
            })?
            .sampled(sampling(random))?;
        shared(
            crop.seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        reference::random_resized_crop(&images[0].u8_image(), &operator, 0, 0).into()
    },
    part: Some(Part::Geometry),
};
