//! Random cases and the reference of `center_crop` for tests.

use super::reference;
use super::{CenterCrop, CenterCropLike};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let like = random.pick(&CenterCropLike::ALL);
        let [width, height] = [shape.width, shape.height].map(|side| match like {
            CenterCropLike::Numpy => random.within(1, side),
            // Every third one is too large.
            _ => random.within(1, side + side.div_ceil(2)),
        });
        shared(CenterCrop::new(width, height)?.like(like))
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        let like = values.choice("like").expect("a name of the choice");
        images[0].copied(|image| reference::center_crop(image, width, height, like))
    },
    part: Some(Part::Geometry),
};
