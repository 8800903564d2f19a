//! The entry of `sharpness` in the operator registry.

use super::{KIND, Sharpness};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A sharper or blurred image, of gray and RGB images.",
    equals: "torchvision `adjust_sharpness` of u8 tensors, on CPUs with FMA",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "factor",
        value_type: ParameterType::Number {
            range: "0 to 1000000",
            refused: &[-0.01, 1.1e6, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc: "0 blurs, 1 leaves the image as it is, larger numbers sharpen.",
        example: "factor = 2",
    }],
    build: |values| shared(Sharpness::new(values.number("factor"))?),
    read: |operator| {
        read(operator, |sharpness: &Sharpness| {
            [sharpness.factor().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
