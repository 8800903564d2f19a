//! Random cases and the reference of `posterize` for tests.

use super::Posterize;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Posterize::new(random.within(0, 8))?),
    reference: |values, images| {
        let bits = values.integer("bits");
        images[0].changed(|image| reference::posterize(image, bits))
    },
    part: None,
};
