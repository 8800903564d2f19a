//! The entry of `adaptive_threshold` in the operator registry.

use super::{AdaptiveThreshold, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Two values: 0, and another one for samples of a gray image above the mean of a square window around each.",
    equals: "OpenCV `adaptiveThreshold` with `ADAPTIVE_THRESH_MEAN_C`",
    inputs: 1,
    parameters: &[
        ParameterSpec::window(ParameterType::odd(3, 31)),
        ParameterSpec {
            name: "c",
            value_type: ParameterType::Number {
                range: "-256 to 256",
                refused: &[-256.5, 257.0, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Required,
            unit: "samples",
            doc: "What is subtracted from the mean.",
            example: "c = 2",
        },
        ParameterSpec {
            name: "maximum",
            value_type: ParameterType::Byte,
            default: ParameterDefault::Value(Value::Integer(255)),
            unit: "samples",
            doc: "The value of samples above the threshold, or with `inverse` of the others.",
            example: "maximum = 255",
        },
        ParameterSpec {
            name: "inverse",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether samples above the threshold become 0 and the others `maximum`.",
            example: "inverse = true",
        },
    ],
    build: |values| {
        let threshold = AdaptiveThreshold::new(values.integer("size"), values.number("c"))?;
        let threshold = threshold.with_maximum(values.byte("maximum"));
        shared(threshold.with_inverse(values.flag("inverse")))
    },
    read: |operator| {
        read(operator, |threshold: &AdaptiveThreshold| {
            [
                threshold.size().into(),
                threshold.c().into(),
                threshold.maximum().into(),
                threshold.is_inverse().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
