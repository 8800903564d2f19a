//! Random cases and the reference of `box_blur` for tests.

use super::BoxBlur;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(BoxBlur::new(random.odd(3, 31))?),
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::box_blur(&images[0].u8_image(), size).into()
    },
    part: None,
};
