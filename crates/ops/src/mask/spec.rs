//! The entry of `mask` in the operator registry.

use super::{KIND, Mask};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The first image where the second, the mask, is not 0, and a constant pixel elsewhere; the mask has one channel, or those of the image.",
    equals: "OpenCV `copyTo` with a mask",
    inputs: 2,
    parameters: &[ParameterSpec {
        name: "value",
        value_type: ParameterType::Color,
        default: ParameterDefault::Value(Value::Color([0; 4])),
        unit: "samples",
        doc: "The pixel where the mask is 0.",
        example: "value = [124, 116, 104]",
    }],
    build: |values| shared(Mask::new().value(values.color("value"))),
    read: |operator| read(operator, |mask: &Mask| [mask.hidden_value().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
