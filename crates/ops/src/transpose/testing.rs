//! Random cases and the reference of `transpose` for tests.

use super::reference;
use super::{Transpose, TransposeMethod};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        shared(Transpose::new(random.pick(&TransposeMethod::ALL)))
    },
    reference: |values, images| {
        let method = values.choice("method").expect("a name of the choice");
        images[0].copied(|image| reference::transpose(image, method))
    },
    part: None,
};
