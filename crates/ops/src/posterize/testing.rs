//! Random cases and the reference of `posterize` for tests.

use super::Posterize;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Posterize::new(random.within(0, 8))?),
    reference: |values, images| {
        reference::posterize(&images[0].u8_image(), values.integer("bits")).into()
    },
    part: None,
};
