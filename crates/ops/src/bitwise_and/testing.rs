//! Random cases and the reference of `bitwise_and` for tests.

use super::BitwiseAnd;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(BitwiseAnd::new()),
    reference: |_, images| {
        reference::bitwise_and(&images[0].u8_image(), &images[1].u8_image()).into()
    },
    part: None,
};
