//! Random cases and the reference of `rgb_to_yuv` for tests.

use super::reference;
use super::{RgbToYuv, RgbToYuvFormat};
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, shared};
use crate::yuv_to_rgb::spec::coding;
use crate::yuv_to_rgb::testing::any_coding;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let [width, height] = [shape.width, shape.height].map(|side| side.next_multiple_of(2));
        *shape = ImageShape::u8(width, height, 3);
        let format = random.pick(&RgbToYuvFormat::ALL);
        shared(RgbToYuv::new(format, any_coding(random)))
    },
    reference: |values, images| {
        let format = values.choice("format").expect("a name of the choice");
        let coding = coding(values).expect("names of the choices");
        reference::rgb_to_yuv(&images[0].u8_image(), format, coding).into()
    },
    part: None,
};
