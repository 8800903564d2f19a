//! Random cases and the reference of `color_jitter` for tests.

use super::ColorJitter;
use super::reference;
use super::spec::build;
use crate::random::ranges::draw_range;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        let mut jitter = ColorJitter::new();
        // Each of them is left out at times.
        if random.within(0, 3) > 0 {
            jitter = jitter.brightness(draw_range(random, [0.0, 2.0]))?;
        }
        if random.within(0, 3) > 0 {
            jitter = jitter.contrast(draw_range(random, [0.0, 2.0]))?;
        }
        if random.within(0, 3) > 0 {
            jitter = jitter.saturation(draw_range(random, [0.0, 2.0]))?;
        }
        if random.within(0, 3) > 0 {
            jitter = jitter.hue(draw_range(random, [-0.5, 0.5]))?;
        }
        shared(
            jitter
                .seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        reference::color_jitter(&images[0].u8_image(), &operator, 0, 0).into()
    },
    part: None,
};
