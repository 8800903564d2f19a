//! Random cases and the reference of `morphology` for tests.

use super::{Morphology, MorphologyOperation, reference};
use crate::element::testing::{random_window, window_of};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let operation = random.pick(&MorphologyOperation::ALL);
        shared(Morphology::with_window(operation, random_window(random))?)
    },
    reference: |values, images| {
        let operation = values.choice("operation").expect("a name of the choice");
        reference::morphology(&images[0].u8_image(), operation, &window_of(values)).into()
    },
    part: None,
};
