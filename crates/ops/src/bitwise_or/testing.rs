//! Random cases and the reference of `bitwise_or` for tests.

use super::BitwiseOr;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(BitwiseOr::new()),
    reference: |_, images| {
        reference::bitwise_or(&images[0].u8_image(), &images[1].u8_image()).into()
    },
    part: None,
};
