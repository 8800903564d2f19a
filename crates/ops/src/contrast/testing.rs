//! Random cases and the reference of `contrast` for tests.

use super::Contrast;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        shared(Contrast::new(random.number(0.0, 2.5))?)
    },
    reference: |values, images| {
        reference::contrast(&images[0].u8_image(), values.number("factor")).into()
    },
    part: None,
};
