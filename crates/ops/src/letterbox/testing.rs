//! Random cases and the reference of `letterbox` for tests.

use super::Letterbox;
use super::reference;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let letterbox = Letterbox::new(random.side(), random.side())?;
        shared(letterbox.value(random.color()))
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        reference::letterbox(&images[0].u8_image(), width, height, values.color("value")).into()
    },
    part: Some(Part::Geometry),
};
