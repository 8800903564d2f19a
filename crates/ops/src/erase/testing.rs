//! Random cases and the reference of `erase` for tests.

use super::reference;
use super::{Erase, KIND};
use crate::crop::CropBox;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let ((x, width), (y, height)) = (random.part(shape.width), random.part(shape.height));
        let height = if random.within(0, 9) == 0 { 0 } else { height };
        let erase = Erase::new(CropBox::new(x, y, width, height))?;
        shared(erase.value(&random.constant(shape.sample))?)
    },
    reference: |values, images| {
        let rectangle = CropBox::of_values(KIND, values).expect("a box");
        let rectangle = rectangle.expect("a box for all images");
        let value = images[0].constant(values.numbers("value"));
        images[0].copied(|image| reference::erase(image, rectangle, value))
    },
    part: None,
};
