//! Random cases and the reference of `mask` for tests.

use super::{Mask, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Mask::new().value(random.color())),
    reference: |values, images| {
        let (image, mask) = (images[0].u8_image(), images[1].u8_image());
        reference::mask(&image, &mask, values.color("value")).into()
    },
    part: None,
};
