//! Random cases and the reference of `invert` for tests.

use super::Invert;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Invert::new()),
    reference: |_, images| reference::invert(&images[0].u8_image()).into(),
    part: None,
};
