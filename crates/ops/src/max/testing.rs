//! Random cases and the reference of `max` for tests.

use super::Max;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Max::new()),
    reference: |_, images| reference::max(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
