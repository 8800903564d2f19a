//! Random cases and the reference of `add` for tests.

use super::Add;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Add::new()),
    reference: |_, images| reference::add(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
