//! Random cases and the reference of `crop` for tests.

use super::Crop;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let ((x, width), (y, height)) = (random.part(shape.width), random.part(shape.height));
        shared(Crop::new(x, y, width, height)?)
    },
    reference: |values, images| {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|name| values.integer(name) as usize);
        reference::crop(&images[0], x, y, width, height).into()
    },
    part: Some(Part::Geometry),
};
