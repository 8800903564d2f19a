//! Random cases and the reference of `sharpness` for tests.

use super::Sharpness;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        shared(Sharpness::new(random.number(0.0, 3.0))?)
    },
    reference: |values, images| {
        reference::sharpness(&images[0].u8_image(), values.number("factor")).into()
    },
    part: None,
};
