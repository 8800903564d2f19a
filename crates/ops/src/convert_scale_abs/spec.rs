//! The entry of `convert_scale_abs` in the operator registry.

use super::{ConvertScaleAbs, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The absolute value of a linear function of each sample; any number of channels.",
    equals: "OpenCV `convertScaleAbs`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "alpha",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[1.1e6, -1.1e6, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(1.0)),
            unit: "",
            doc: "Factor of the samples.",
            example: "alpha = 1.5",
        },
        ParameterSpec {
            name: "beta",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[1.1e6, -1.1e6, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(0.0)),
            unit: "samples",
            doc: "Summand.",
            example: "beta = -20",
        },
    ],
    build: |values| {
        let (alpha, beta) = (values.number("alpha"), values.number("beta"));
        shared(ConvertScaleAbs::new(alpha, beta)?)
    },
    read: |operator| {
        read(operator, |of: &ConvertScaleAbs| {
            [of.alpha().into(), of.beta().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
