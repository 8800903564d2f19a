//! Random cases and the reference of `pad_to` for tests.

use super::reference;
use super::size::{PadPosition, PadSize};
use super::{KIND, PadTo};
use crate::contract::OperatorError;
use crate::image::ImageShape;
use crate::spec::{OperatorTesting, Part, Values, shared};
use crate::testing::Random;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let pad = PadTo {
            size: size(random, *shape)?,
            ..PadTo::new()
        };
        shared(pad.value(&random.constant(shape.sample))?)
    },
    reference: |values, images| {
        let (least, square, multiple, centered) = sizes(values);
        let value = images[0].constant(values.numbers("value"));
        images[0].copied(|image| reference::pad_to(image, least, square, multiple, centered, value))
    },
    part: Some(Part::Geometry),
};

/// Draws a size for images of this shape.
pub(crate) fn size(random: &mut Random, shape: ImageShape) -> Result<PadSize, OperatorError> {
    let [width, height] = [shape.width, shape.height].map(|side| match random.within(0, 2) {
        0 => None,
        _ => Some(side + random.within(0, 60)),
    });
    let size = PadSize {
        square: random.within(0, 2) == 0,
        position: random.pick(&PadPosition::ALL),
        ..PadSize::default()
    };
    let multiple = random.pick(&[1, 1, 2, 7, 16, 32]);
    size.sides(KIND, width, height)?.multiple(KIND, multiple)
}

/// Least sides, square, multiple and whether the image is centered, as the references take them.
pub(crate) fn sizes(values: &Values) -> ([usize; 2], bool, usize, bool) {
    let least = ["width", "height"].map(|side| values.derived_integer(side).unwrap_or(1) as usize);
    (
        least,
        values.flag("square"),
        values.integer("multiple") as usize,
        values.name("position") == "center",
    )
}
