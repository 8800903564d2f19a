//! Random cases and the reference of `flip` for tests.

use super::reference;
use super::{Flip, FlipAxis};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        shared(Flip::new(random.pick(&FlipAxis::ALL)))
    },
    reference: |values, images| {
        let axis = values.name("axis");
        let (along_x, along_y) = (axis != "vertical", axis != "horizontal");
        images[0].copied(|image| reference::flip(image, along_x, along_y))
    },
    part: Some(Part::Geometry),
};
