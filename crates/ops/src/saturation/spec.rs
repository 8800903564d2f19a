//! The entry of `saturation` in the operator registry.

use super::{KIND, Saturation};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Stronger or weaker colors; gray images stay as they are.",
    equals: "torchvision `adjust_saturation` of u8 tensors, on CPUs with FMA",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "factor",
        value_type: ParameterType::Number {
            range: "0 to 1000000",
            refused: &[-0.01, 1.1e6, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc: "0 gives the gray image, 1 the image itself, larger numbers stronger colors.",
        example: "factor = 1.5",
    }],
    build: |values| shared(Saturation::new(values.number("factor"))?),
    read: |operator| {
        read(operator, |saturation: &Saturation| {
            [saturation.factor().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
