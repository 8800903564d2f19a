//! Random cases and the reference of `hue` for tests.

use super::Hue;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        shared(Hue::new(random.number(-0.5, 0.5))?)
    },
    reference: |values, images| reference::hue(&images[0].u8_image(), values.number("turn")).into(),
    part: None,
};
