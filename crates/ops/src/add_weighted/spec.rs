//! The entry of `add_weighted` in the operator registry.

use super::{AddWeighted, KIND};
use crate::contract::OperatorError;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The weighted sum of two images, sample by sample: `alpha` times the first, `beta` times the second, and `gamma`; any number of channels.",
    equals: "OpenCV `addWeighted` on CPUs with FMA",
    inputs: 2,
    parameters: &[
        ParameterSpec {
            name: "alpha",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[1.1e6, -1.1e6, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(0.5)),
            unit: "",
            doc: "Factor of the first input.",
            example: "alpha = 0.7",
        },
        ParameterSpec {
            name: "beta",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[1.1e6, -1.1e6, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(0.5)),
            unit: "",
            doc: "Factor of the second input.",
            example: "beta = 0.3",
        },
        ParameterSpec {
            name: "gamma",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[1.1e6, -1.1e6, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(0.0)),
            unit: "samples",
            doc: "Summand.",
            example: "gamma = 5",
        },
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |sum: &AddWeighted| {
            [sum.alpha().into(), sum.beta().into(), sum.gamma().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

fn build(values: &Values) -> Result<AddWeighted, OperatorError> {
    let [alpha, beta, gamma] = ["alpha", "beta", "gamma"].map(|name| values.number(name));
    AddWeighted::new(alpha, beta, gamma)
}
