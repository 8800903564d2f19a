//! The entry of `threshold` in the operator registry.

use super::{Threshold, ThresholdType};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

/// The parameter `maximum` of thresholds.
pub(crate) const MAXIMUM: ParameterSpec = ParameterSpec {
    name: "maximum",
    value_type: ParameterType::Byte,
    default: ParameterDefault::Value(Value::Integer(255)),
    unit: "samples",
    doc: "The value of larger samples, or with `binary_inv` of the others.",
    example: "maximum = 255",
};

/// The parameter `type` of thresholds.
pub(crate) const TYPE: ParameterSpec = ParameterSpec {
    name: "type",
    value_type: choice!(ThresholdType),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("binary"))),
    unit: "",
    doc: "`binary` makes larger samples `maximum` and others 0, `binary_inv` the reverse; `trunc` makes larger ones the threshold; `tozero` makes the others 0, `tozero_inv` the larger ones.",
    example: "type = \"binary_inv\"",
};

value_from_choice!(ThresholdType);

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "threshold",
    summary: "Samples by their comparison with a threshold; any number of channels.",
    equals: "OpenCV `threshold`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "threshold",
            value_type: ParameterType::Byte,
            default: ParameterDefault::Required,
            unit: "samples",
            doc: "The largest sample that is not above the threshold.",
            example: "threshold = 127",
        },
        MAXIMUM,
        TYPE,
    ],
    build: |values| {
        let threshold = Threshold::new(values.byte("threshold"));
        let threshold = threshold.with_maximum(values.byte("maximum"));
        shared(threshold.with_type(values.choice("type")?))
    },
    read: |operator| {
        read(operator, |threshold: &Threshold| {
            [
                threshold.threshold().into(),
                threshold.maximum().into(),
                threshold.threshold_type().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
