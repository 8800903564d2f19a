//! Random cases and the reference of `abs_diff` for tests.

use super::AbsDiff;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(AbsDiff::new()),
    reference: |_, images| reference::abs_diff(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
