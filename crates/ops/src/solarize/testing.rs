//! Random cases and the reference of `solarize` for tests.

use super::Solarize;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let threshold = match random.within(0, 1) {
            0 => random.byte().into(),
            _ => random.number(0.0, 255.0),
        };
        shared(Solarize::new(threshold)?)
    },
    reference: |values, images| {
        let threshold = values.number("threshold");
        images[0].changed(|image| reference::solarize(image, threshold))
    },
    part: None,
};
