//! The entry of `pad_to_largest` in the operator registry.

use super::PadToLargest;
use crate::pad_to::parameters::{MULTIPLE, POSITION, VALUE};
use crate::spec::{OperatorSpec, ParameterSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "pad_to_largest",
    summary: "The images of a batch, of any sample type of images and layout, padded to the largest width and height among them.",
    equals: "transformers `pad` of a batch, torchvision `pad`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            doc: "Both sides are rounded up to multiples of this number.",
            ..MULTIPLE
        },
        POSITION,
        VALUE,
    ],
    build: |values| {
        let pad = PadToLargest::new().multiple(values.integer("multiple"))?;
        let pad = pad.position(values.choice("position")?);
        shared(pad.value(values.numbers("value"))?)
    },
    read: |operator| {
        read(operator, |pad: &PadToLargest| {
            [
                pad.multiple_of().into(),
                pad.image_position().into(),
                pad.pad_value().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
