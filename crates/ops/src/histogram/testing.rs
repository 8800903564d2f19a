//! Random cases and the reference of `histogram` for tests.

use super::{Histogram, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Histogram::new()),
    reference: |_, images| reference::histogram(&images[0].u8_image()).into(),
    part: None,
};
