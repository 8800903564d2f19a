//! Random cases and the reference of `nv12_to_rgb` for tests.

use super::Nv12ToRgb;
use super::reference;
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, shape| {
        let width = shape.width.next_multiple_of(2);
        *shape = ImageShape::u8(width, shape.height.next_multiple_of(3), 1);
        shared(Nv12ToRgb::new())
    },
    reference: |_, images| reference::nv12_to_rgb(&images[0].u8_image()).into(),
    part: Some(Part::Source),
};
