//! The entry of `threshold` in the operator registry.

use super::Threshold;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "threshold",
    summary: "Two values: 0, and another one for samples above a threshold; any number of channels.",
    equals: "OpenCV `threshold` with `THRESH_BINARY`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "threshold",
            value_type: ParameterType::Byte,
            default: ParameterDefault::Required,
            unit: "samples",
            doc: "The largest sample that becomes 0.",
            example: "threshold = 127",
        },
        ParameterSpec {
            name: "maximum",
            value_type: ParameterType::Byte,
            default: ParameterDefault::Value(Value::Integer(255)),
            unit: "samples",
            doc: "The value of larger samples.",
            example: "maximum = 255",
        },
    ],
    build: |values| {
        let threshold = Threshold::new(values.byte("threshold"));
        shared(threshold.with_maximum(values.byte("maximum")))
    },
    read: |operator| {
        read(operator, |threshold: &Threshold| {
            [threshold.threshold().into(), threshold.maximum().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
