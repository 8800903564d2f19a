//! Random cases and the reference of `scharr` for tests.

use super::reference;
use super::{Scharr, ScharrOutput};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Scharr::new(random.pick(&ScharrOutput::ALL))),
    reference: |values, images| match values.name("output") {
        "dx" => reference::scharr_dx(&images[0].u8_image()).into(),
        _ => reference::scharr_dy(&images[0].u8_image()).into(),
    },
    part: None,
};
