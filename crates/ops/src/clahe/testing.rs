//! Random cases and the reference of `clahe` for tests.

use super::Clahe;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = 1;
        let clip_limit = match random.within(0, 3) {
            0 => 0.0,
            1 => random.number(0.0, 255.0),
            _ => random.number(0.5, 8.0),
        };
        let (columns, rows) = (random.within(1, 9), random.within(1, 9));
        shared(Clahe::new(clip_limit, columns, rows)?)
    },
    reference: |values, images| {
        let [columns, rows] = ["columns", "rows"].map(|name| values.integer(name) as usize);
        let clip_limit = values.number("clip_limit");
        reference::clahe(&images[0].u8_image(), clip_limit, columns, rows).into()
    },
    part: None,
};
