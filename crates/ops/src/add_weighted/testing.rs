//! Random cases and the reference of `add_weighted` for tests.

use super::AddWeighted;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let [alpha, beta] = [(); 2].map(|()| random.number(-1.0, 2.0));
        shared(AddWeighted::new(alpha, beta, random.number(-90.0, 90.0))?)
    },
    reference: |values, images| {
        let numbers = ["alpha", "beta", "gamma"].map(|name| values.number(name));
        reference::add_weighted(&images[0].u8_image(), &images[1].u8_image(), numbers).into()
    },
    part: None,
};
