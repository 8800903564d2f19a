//! Random cases and the reference of `min` for tests.

use super::Min;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Min::new()),
    reference: |_, images| reference::min(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
