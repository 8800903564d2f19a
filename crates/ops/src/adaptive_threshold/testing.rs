//! Random cases and the reference of `adaptive_threshold` for tests.

use super::{AdaptiveThreshold, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = 1;
        let threshold = AdaptiveThreshold::new(random.odd(3, 31), random.number(-20.0, 20.0))?;
        let threshold = threshold.with_maximum(random.byte());
        shared(threshold.with_inverse(random.within(0, 1) == 0))
    },
    reference: |values, images| {
        reference::adaptive_threshold(
            &images[0].u8_image(),
            values.integer("size") as usize,
            values.number("c"),
            values.byte("maximum"),
            values.flag("inverse"),
        )
        .into()
    },
    part: None,
};
