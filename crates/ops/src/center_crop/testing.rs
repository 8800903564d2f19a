//! Random cases and the reference of `center_crop` for tests.

use super::CenterCrop;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let width = random.within(1, shape.width);
        shared(CenterCrop::new(width, random.within(1, shape.height))?)
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        reference::center_crop(&images[0], width, height).into()
    },
    part: Some(Part::Geometry),
};
