//! Random cases and the reference of `equalize_hist` for tests.

use super::EqualizeHist;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, shape| {
        shape.channels = 1;
        shared(EqualizeHist::new())
    },
    reference: |_, images| reference::equalize_hist(&images[0].u8_image()).into(),
    part: None,
};
