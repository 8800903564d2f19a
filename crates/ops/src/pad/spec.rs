//! The entry of `pad` in the operator registry.

use super::{Pad, PadMode};
use crate::gather::PadValue;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "pad",
    summary: "An image with a border, of any sample type of images and layout.",
    equals: "OpenCV `copyMakeBorder`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "left",
            value_type: ParameterType::Integer {
                least: 0,
                most: u32::MAX,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(0)),
            unit: "pixels",
            doc: "Columns before the first.",
            example: "left = 16",
        },
        ParameterSpec {
            name: "top",
            value_type: ParameterType::Integer {
                least: 0,
                most: u32::MAX,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(0)),
            unit: "pixels",
            doc: "Rows above the first.",
            example: "top = 16",
        },
        ParameterSpec {
            name: "right",
            value_type: ParameterType::Integer {
                least: 0,
                most: u32::MAX,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(0)),
            unit: "pixels",
            doc: "Columns behind the last.",
            example: "right = 16",
        },
        ParameterSpec {
            name: "bottom",
            value_type: ParameterType::Integer {
                least: 0,
                most: u32::MAX,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(0)),
            unit: "pixels",
            doc: "Rows below the last.",
            example: "bottom = 16",
        },
        ParameterSpec {
            name: "mode",
            value_type: choice!(PadMode),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("constant"))),
            unit: "",
            doc: "How the border is filled.",
            example: "mode = \"constant\"",
        },
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Numbers {
                count: None,
                range: PadValue::RANGE,
            },
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0]))),
            unit: "samples",
            doc: "Samples of a constant border.",
            example: "value = [0, 0, 0]",
        },
    ],
    build: |values| {
        let [left, top, right, bottom] =
            ["left", "top", "right", "bottom"].map(|side| values.integer(side));
        let pad = Pad::new(left, top, right, bottom).mode(values.choice("mode")?);
        shared(pad.value(values.numbers("value"))?)
    },
    read: |operator| {
        read(operator, |pad: &Pad| {
            let [left, top, right, bottom] = pad.sides().map(Value::from);
            [
                left,
                top,
                right,
                bottom,
                pad.pad_mode().into(),
                pad.pad_value().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(PadMode);
