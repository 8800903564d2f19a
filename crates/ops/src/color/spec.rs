//! The entry of `color` in the operator registry.

use super::{Color, ColorConversion, ColorLike};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "color",
    summary: "Gray, or another order or number of channels: RGB, BGR, RGBA, BGRA and gray.",
    equals: "OpenCV `cvtColor`, Pillow `convert(\"L\")` or torchvision `rgb_to_grayscale`, by `like`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "conversion",
            value_type: choice!(ColorConversion),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The conversion.",
            example: "conversion = \"rgb_to_gray\"",
        },
        ParameterSpec {
            name: "like",
            value_type: choice!(ColorLike),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("opencv"))),
            unit: "",
            doc: "Library whose gray is made; it changes no other conversion.",
            example: "like = \"pillow\"",
        },
    ],
    build: |values| {
        let color = Color::new(values.choice("conversion")?);
        shared(color.with_like(values.choice("like")?))
    },
    read: |operator| {
        read(operator, |color: &Color| {
            [color.conversion().into(), color.like().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ColorConversion, ColorLike);
