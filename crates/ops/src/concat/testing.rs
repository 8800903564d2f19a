//! Random cases and the reference of `concat` for tests.

use super::{Concat, ConcatAxis, reference};
use crate::spec::{OperatorTesting, Samples, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        shared(Concat::new(random.pick(&ConcatAxis::ALL)))
    },
    reference: |values, images| {
        let axis = values.choice("axis").expect("a name of the choice");
        let together = reference::concat(&images[0].bits(), &images[1].bits(), axis);
        Samples::of_bits(&together, images[0].shape.sample, images[0].shape.layout)
    },
    part: None,
};
