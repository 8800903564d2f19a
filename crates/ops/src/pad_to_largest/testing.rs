//! Random cases and the reference of `pad_to_largest` for tests.

use super::{PadToLargest, reference};
use crate::pad_to::PadPosition;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let pad = PadToLargest::new()
            .multiple(random.pick(&[1, 2, 7, 16, 32]))?
            .position(random.pick(&PadPosition::ALL));
        shared(pad.value(&random.constant(shape.sample))?)
    },
    reference: |values, images| {
        let multiple = values.integer("multiple") as usize;
        let centered = values.name("position") == "center";
        let value = images[0].constant(values.numbers("value"));
        images[0].copied(|image| {
            let largest = [image.width, image.height];
            reference::pad_to_largest(image, largest, multiple, centered, value)
        })
    },
    part: Some(Part::Geometry),
};
