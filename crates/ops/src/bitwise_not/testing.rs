//! Random cases and the reference of `bitwise_not` for tests.

use super::BitwiseNot;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(BitwiseNot::new()),
    reference: |_, images| reference::bitwise_not(&images[0].u8_image()).into(),
    part: None,
};
