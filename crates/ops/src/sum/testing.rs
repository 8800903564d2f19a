//! Random cases and the reference of `sum` for tests.

use super::{Sum, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Sum::new()),
    reference: |_, images| reference::sum(&images[0].u8_image()).into(),
    part: None,
};
