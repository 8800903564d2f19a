//! Random cases and the reference of `bitwise_xor` for tests.

use super::BitwiseXor;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(BitwiseXor::new()),
    reference: |_, images| {
        reference::bitwise_xor(&images[0].u8_image(), &images[1].u8_image()).into()
    },
    part: None,
};
