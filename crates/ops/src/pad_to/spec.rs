//! The entry of `pad_to` in the operator registry.

use super::parameters::{HEIGHT, MULTIPLE, POSITION, SQUARE, VALUE, WIDTH};
use super::{PadTo, parameters};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "pad_to",
    summary: "An image, of any sample type of images and layout, padded to a size, a square, or multiples of a number.",
    equals: "transformers `pad`, torchvision `pad`",
    inputs: 1,
    parameters: &[WIDTH, HEIGHT, SQUARE, MULTIPLE, POSITION, VALUE],
    build: |values| {
        let pad = PadTo {
            size: parameters::size(super::KIND, values)?,
            ..PadTo::new()
        };
        shared(pad.value(values.numbers("value"))?)
    },
    read: |operator| {
        read(operator, |pad: &PadTo| {
            let [width, height, square, multiple, position] = parameters::values(&pad.size);
            let value = pad.pad_value().into();
            [width, height, square, multiple, position, value]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
