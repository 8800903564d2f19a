//! Random cases and the reference of `yuv_to_rgb` for tests.

use super::reference;
use super::spec::coding;
use super::{YuvFormat, YuvToRgb};
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, shared};
use crate::testing::Random;
use crate::yuv::{YuvCoding, YuvMatrix, YuvRange};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let format = random.pick(&YuvFormat::ALL);
        let width = shape.width.next_multiple_of(2 * format.row_bytes());
        let height = match format.has_planes() {
            true => shape.height.next_multiple_of(3),
            false => shape.height,
        };
        *shape = ImageShape::u8(width, height, 1);
        shared(YuvToRgb::new(format, any_coding(random)))
    },
    reference: |values, images| {
        let format = values.choice("format").expect("a name of the choice");
        let coding = coding(values).expect("names of the choices");
        reference::yuv_to_rgb(&images[0].u8_image(), format, coding).into()
    },
    part: None,
};

/// Any matrix and range.
pub(crate) fn any_coding(random: &mut Random) -> YuvCoding {
    YuvCoding {
        matrix: random.pick(&YuvMatrix::ALL),
        range: random.pick(&YuvRange::ALL),
    }
}
