//! The entry of `to_float` in the operator registry.

use super::{ToFloat, ToFloatLike};
use crate::float_table::{FloatOutput, LAYOUT, SAMPLE};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "to_float",
    summary: "Floating point samples of 0 to 1, or of 0 to 255.",
    equals: "torchvision `ToTensor`, or `ToDtype` of its v2, by `like`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "like",
            value_type: choice!(ToFloatLike),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("torchvision"))),
            unit: "",
            doc: "Library whose operations are repeated: `sample / 255` of torchvision's `ToTensor` and of ultralytics, or `sample * f32(1/255)` of torchvision's v2.",
            example: "like = \"torchvision\"",
        },
        ParameterSpec {
            name: "scaled",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(true)),
            unit: "",
            doc: "Whether 255 becomes 1; otherwise it becomes 255.",
            example: "scaled = true",
        },
        SAMPLE,
        LAYOUT,
    ],
    build: |values| {
        let output = FloatOutput::of_values(values);
        shared(
            ToFloat::new()
                .like(values.choice("like")?)
                .scaled(values.flag("scaled"))
                .sample(output.sample())?
                .layout(output.layout),
        )
    },
    read: |operator| {
        read(operator, |to_float: &ToFloat| {
            let [sample, layout] = to_float.output.values();
            [
                to_float.convention().into(),
                to_float.is_scaled().into(),
                sample,
                layout,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ToFloatLike);
