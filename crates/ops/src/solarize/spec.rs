//! The entry of `solarize` in the operator registry.

use super::{KIND, Solarize};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The samples, inverted from a threshold on; any number of channels.",
    equals: "torchvision `solarize` of u8 tensors",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "threshold",
        value_type: ParameterType::Number {
            range: "0 to 255",
            refused: &[-0.01, 255.1, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "samples",
        doc: "The least sample that is inverted.",
        example: "threshold = 128",
    }],
    build: |values| shared(Solarize::new(values.number("threshold"))?),
    read: |operator| {
        read(operator, |solarize: &Solarize| {
            [solarize.threshold().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
