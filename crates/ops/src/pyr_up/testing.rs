//! Random cases and the reference of `pyr_up` for tests.

use super::{PyrUp, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(PyrUp::new()),
    reference: |_, images| reference::pyr_up(&images[0].u8_image()).into(),
    part: None,
};
