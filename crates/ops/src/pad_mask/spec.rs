//! The entry of `pad_mask` in the operator registry.

use super::PadMask;
use crate::pad_to::parameters;
use crate::pad_to::parameters::{HEIGHT, MULTIPLE, POSITION, SQUARE, WIDTH};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "pad_mask",
    summary: "The mask of an image that `pad_to` pads: 1 where the image is, 0 in the padding, as a u8 image of one channel.",
    equals: "transformers' `pixel_mask`",
    inputs: 1,
    parameters: &[
        WIDTH,
        HEIGHT,
        SQUARE,
        MULTIPLE,
        POSITION,
        ParameterSpec {
            name: "largest",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether a side that is not given is that of the largest image of the batch, as in `pad_to_largest`.",
            example: "largest = true",
        },
    ],
    build: |values| {
        let size = parameters::size(super::KIND, values)?;
        shared(PadMask { size }.largest(values.flag("largest")))
    },
    read: |operator| {
        read(operator, |mask: &PadMask| {
            let [width, height, square, multiple, position] = parameters::values(&mask.size);
            let largest = mask.is_of_largest().into();
            [width, height, square, multiple, position, largest]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
