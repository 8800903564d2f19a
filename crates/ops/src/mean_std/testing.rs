//! Random cases and the reference of `mean_std` for tests.

use super::{MeanStd, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(MeanStd::new()),
    reference: |_, images| reference::mean_std(&images[0].u8_image()).into(),
    part: None,
};
