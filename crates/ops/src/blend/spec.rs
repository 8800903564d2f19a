//! The entry of `blend` in the operator registry.

use super::Blend;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "blend",
    summary: "The weighted mean of two images, sample by sample: `alpha` times the first, and the rest of the second; any number of channels.",
    equals: "OpenCV `addWeighted` to within one step; exact by the formula of its documentation",
    inputs: 2,
    parameters: &[ParameterSpec {
        name: "alpha",
        value_type: ParameterType::Number {
            range: "0 to 1",
            refused: &[-0.01, 1.01, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Value(Value::Number(0.5)),
        unit: "",
        doc: "Weight of the first input.",
        example: "alpha = 0.5",
    }],
    build: |values| shared(Blend::new(values.number("alpha"))?),
    read: |operator| read(operator, |blend: &Blend| [blend.alpha().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
