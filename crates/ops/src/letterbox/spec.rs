//! The entry of `letterbox` in the operator registry.

use super::Letterbox;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "letterbox",
    summary: "The whole image in a frame of another shape: resized, proportions kept, in the middle.",
    equals: "OpenCV `resize` and `copyMakeBorder`",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 640"),
        ParameterSpec::side("height", "Height of the output.", "height = 640"),
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Color,
            default: ParameterDefault::Value(Value::Color([114; 4])),
            unit: "samples",
            doc: "Color of the frame.",
            example: "value = [114, 114, 114]",
        },
    ],
    build: |values| {
        let letterbox = Letterbox::new(values.integer("width"), values.integer("height"))?;
        shared(letterbox.value(values.color("value")))
    },
    read: |operator| {
        read(operator, |letterbox: &Letterbox| {
            [
                letterbox.width().into(),
                letterbox.height().into(),
                letterbox.fill_value().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
