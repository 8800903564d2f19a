//! Random cases and the reference of `median_blur` for tests.

use super::MedianBlur;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(MedianBlur::new(random.pick(&[3, 5]))?),
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::median_blur(&images[0].u8_image(), size).into()
    },
    part: None,
};
