//! The entry of `brightness` in the operator registry.

use super::{Brightness, KIND};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The samples times a factor, of gray and RGB images.",
    equals: "torchvision `adjust_brightness` of u8 tensors",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "factor",
        value_type: ParameterType::Number {
            range: "0 to 1000000",
            refused: &[-0.01, 1.1e6, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc: "Factor of the samples.",
        example: "factor = 1.2",
    }],
    build: |values| shared(Brightness::new(values.number("factor"))?),
    read: |operator| {
        read(operator, |brightness: &Brightness| {
            [brightness.factor().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
