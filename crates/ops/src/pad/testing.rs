//! Random cases and the reference of `pad` for tests.

use super::reference;
use super::reference::Border;
use super::{Pad, PadMode};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let [left, top, right, bottom] = [0; 4].map(|_| match random.within(0, 2) {
            0 => 0,
            _ => random.within(0, 90),
        });
        let pad = Pad::new(left, top, right, bottom).mode(random.pick(&PadMode::ALL));
        shared(pad.value(&random.constant(shape.sample))?)
    },
    reference: |values, images| {
        let sides = ["left", "top", "right", "bottom"].map(|side| values.integer(side) as usize);
        let border = match values.name("mode") {
            "replicate" => Border::Replicate,
            "reflect_101" => Border::Reflect101,
            _ => Border::Constant(images[0].constant(values.numbers("value"))),
        };
        images[0].copied(|image| reference::pad(image, sides, border))
    },
    part: Some(Part::Geometry),
};
