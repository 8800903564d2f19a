//! Random cases and the reference of `gamma` for tests.

use super::Gamma;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Gamma::new(random.number(0.05, 5.0))?),
    reference: |values, images| {
        reference::gamma(&images[0].u8_image(), values.number("gamma")).into()
    },
    part: None,
};
