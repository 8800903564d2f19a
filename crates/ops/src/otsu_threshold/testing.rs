//! Random cases and the reference of `otsu_threshold` for tests.

use super::{OtsuThreshold, reference};
use crate::spec::{OperatorTesting, shared};
use crate::threshold::ThresholdType;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = 1;
        let threshold = OtsuThreshold::new().with_maximum(random.byte());
        shared(threshold.with_type(random.pick(&ThresholdType::ALL)))
    },
    reference: |values, images| {
        let (maximum, of) = (values.byte("maximum"), values.name("type"));
        reference::otsu_threshold(&images[0].u8_image(), maximum, of).into()
    },
    part: None,
};
