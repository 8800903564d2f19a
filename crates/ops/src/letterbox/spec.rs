//! The entry of `letterbox` in the operator registry.

use super::Letterbox;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "letterbox",
    summary: "The whole image in a frame of another shape: resized, proportions kept.",
    equals: "OpenCV `resize` and `copyMakeBorder`, ultralytics `LetterBox`",
    inputs: 1,
    parameters: &[
        ParameterSpec::side(
            "width",
            "Width of the output, its most with `auto`.",
            "width = 640",
        ),
        ParameterSpec::side(
            "height",
            "Height of the output, its most with `auto`.",
            "height = 640",
        ),
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Color,
            default: ParameterDefault::Value(Value::Color([114; 4])),
            unit: "samples",
            doc: "Color of the frame.",
            example: "value = [114, 114, 114]",
        },
        ParameterSpec {
            name: "scaleup",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(true)),
            unit: "",
            doc: "Whether smaller images are enlarged.",
            example: "scaleup = true",
        },
        ParameterSpec {
            name: "center",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(true)),
            unit: "",
            doc: "Whether the image lies in the middle, else at the top left.",
            example: "center = true",
        },
        ParameterSpec {
            name: "auto",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether the frame is as narrow as `stride` allows, which makes the output smaller.",
            example: "auto = true",
        },
        ParameterSpec {
            name: "stride",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(32)),
            unit: "pixels",
            doc: "With `auto`, the output's sides are less than `width` and `height` by multiples of it; without, it changes nothing.",
            example: "stride = 32",
        },
    ],
    build: |values| {
        let letterbox = Letterbox::new(values.integer("width"), values.integer("height"))?;
        shared(
            letterbox
                .value(values.color("value"))
                .scaleup(values.flag("scaleup"))
                .center(values.flag("center"))
                .auto(values.flag("auto"))
                .stride(values.integer("stride"))?,
        )
    },
    read: |operator| {
        read(operator, |letterbox: &Letterbox| {
            [
                letterbox.width().into(),
                letterbox.height().into(),
                letterbox.fill_value().into(),
                letterbox.is_scaleup().into(),
                letterbox.is_center().into(),
                letterbox.is_auto().into(),
                letterbox.stride_value().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
