//! The entry of `erase` in the operator registry.

use super::{Erase, KIND};
use crate::crop::CropBox;
use crate::gather::PadValue;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};
use std::borrow::Cow;

/// The entry of `value` in the specs of `erase` and `random_erasing`.
pub(crate) const VALUE: ParameterSpec = ParameterSpec {
    name: "value",
    value_type: ParameterType::Numbers {
        count: None,
        range: PadValue::RANGE,
    },
    default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0]))),
    unit: "samples",
    doc: "Samples of the rectangle.",
    example: "value = [124, 116, 104]",
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image, of any sample type of images and layout, with a constant in a rectangle; one rectangle for all images, or one for each.",
    equals: "an assignment to an array slice, torchvision `erase`",
    inputs: 1,
    parameters: &[
        CropBox::parameter(
            "The rectangle: first column, first row, width and height, inside the input; nothing is replaced where a side is 0.",
        ),
        VALUE,
    ],
    build: |values| {
        let erase = match CropBox::of_values(KIND, values)? {
            Some(of_all) => Erase::new(of_all)?,
            None => Erase::given(),
        };
        shared(erase.value(values.numbers("value"))?)
    },
    read: |operator| {
        read(operator, |erase: &Erase| {
            [CropBox::value(erase.rectangle()), erase.constant().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
