//! Random cases and the reference of `threshold` for tests.

use super::Threshold;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Threshold::new(random.byte()).with_maximum(random.byte())),
    reference: |values, images| {
        reference::threshold(
            &images[0].u8_image(),
            values.byte("threshold"),
            values.byte("maximum"),
        )
        .into()
    },
    part: Some(Part::Pointwise),
};
