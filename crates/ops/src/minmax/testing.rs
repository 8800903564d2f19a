//! Random cases and the reference of `minmax` for tests.

use super::{MinMax, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(MinMax::new()),
    reference: |_, images| reference::minmax(&images[0].u8_image()).into(),
    part: None,
};
