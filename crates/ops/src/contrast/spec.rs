//! The entry of `contrast` in the operator registry.

use super::{Contrast, KIND};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "More or less contrast around the mean of the gray image, of gray and RGB images.",
    equals: "torchvision `adjust_contrast` of u8 tensors, on CPUs with FMA",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "factor",
        value_type: ParameterType::Number {
            range: "0 to 1000000",
            refused: &[-0.01, 1.1e6, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc: "0 gives the gray of the mean, 1 the image itself, larger numbers more contrast.",
        example: "factor = 1.5",
    }],
    build: |values| shared(Contrast::new(values.number("factor"))?),
    read: |operator| read(operator, |contrast: &Contrast| [contrast.factor().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
