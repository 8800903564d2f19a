//! Random cases and the reference of `nv12_to_rgb` for tests.

use super::Nv12ToRgb;
use super::reference;
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, Part, shared};
use crate::yuv::YuvCoding;
use crate::yuv_to_rgb::spec::coding;
use crate::yuv_to_rgb::testing::any_coding;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let width = shape.width.next_multiple_of(2);
        *shape = ImageShape::u8(width, shape.height.next_multiple_of(3), 1);
        // Half of them the default, which chains take.
        let coding = match random.pick(&[true, false]) {
            true => YuvCoding::default(),
            false => any_coding(random),
        };
        shared(Nv12ToRgb::with_coding(coding))
    },
    reference: |values, images| {
        let coding = coding(values).expect("names of the choices");
        reference::nv12_to_rgb(&images[0].u8_image(), coding).into()
    },
    part: Some(Part::Source),
};
