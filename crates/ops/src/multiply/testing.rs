//! Random cases and the reference of `multiply` for tests.

use super::Multiply;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Multiply::new()),
    reference: |_, images| reference::multiply(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
