//! Random cases and the reference of `crop` for tests.

use super::Crop;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let ((x, width), (y, height)) = (random.part(shape.width), random.part(shape.height));
        shared(Crop::new(x, y, width, height)?)
    },
    reference: |values, images| {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|name| values.integer(name) as usize);
        images[0].copied(|image| reference::crop(image, x, y, width, height))
    },
    part: Some(Part::Geometry),
};
