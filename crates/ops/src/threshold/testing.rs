//! Random cases and the reference of `threshold` for tests.

use super::reference;
use super::{Threshold, ThresholdType};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let threshold = Threshold::new(random.byte()).with_maximum(random.byte());
        // Every second one is of the type that chains fuse.
        let of = match random.within(0, 1) {
            0 => ThresholdType::Binary,
            _ => random.pick(&ThresholdType::ALL),
        };
        shared(threshold.with_type(of))
    },
    reference: |values, images| {
        reference::threshold(
            &images[0].u8_image(),
            values.byte("threshold"),
            values.byte("maximum"),
            values.name("type"),
        )
        .into()
    },
    part: Some(Part::Pointwise),
};
