//! Random cases and the reference of `autocontrast` for tests.

use super::Autocontrast;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        shared(Autocontrast::new())
    },
    reference: |_, images| reference::autocontrast(&images[0].u8_image()).into(),
    part: None,
};
