//! Random cases and the reference of `median_blur` for tests.

use super::MedianBlur;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let size = match random.within(0, 9) {
            0 => random.odd(13, 63),
            1 => random.pick(&[127, 255]),
            _ => random.odd(3, 15),
        };
        shared(MedianBlur::new(size)?)
    },
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::median_blur(&images[0].u8_image(), size).into()
    },
    part: None,
};
