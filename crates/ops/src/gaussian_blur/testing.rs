//! Random cases and the reference of `gaussian_blur` for tests.

use super::GaussianBlur;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let size = match random.within(0, 1) {
            0 => random.odd(3, 31),
            _ => random.pick(&[3, 5, 7, 9, 11]),
        };
        let blur = GaussianBlur::new(size)?;
        shared(match random.within(0, 1) {
            0 => blur,
            _ => blur.sigma(random.number(0.05, 20.0))?,
        })
    },
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::gaussian_blur(&images[0].u8_image(), size, values.derived_number("sigma")).into()
    },
    part: Some(Part::Blur),
};
