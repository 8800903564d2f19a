//! Random cases and the reference of `equalize` for tests.

use super::Equalize;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        shared(Equalize::new())
    },
    reference: |_, images| reference::equalize(&images[0].u8_image()).into(),
    part: None,
};
