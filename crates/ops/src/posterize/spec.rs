//! The entry of `posterize` in the operator registry.

use super::{KIND, Posterize};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The highest bits of the samples; any number of channels.",
    equals: "torchvision `posterize` of u8 tensors",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "bits",
        value_type: ParameterType::Integer {
            least: 0,
            most: 8,
            odd: false,
        },
        default: ParameterDefault::Required,
        unit: "bits",
        doc: "The number of bits that are kept.",
        example: "bits = 4",
    }],
    build: |values| shared(Posterize::new(values.integer("bits"))?),
    read: |operator| read(operator, |posterize: &Posterize| [posterize.bits().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
