//! The entry of `hue` in the operator registry.

use super::{Hue, KIND};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Colors with another hue; gray images stay as they are.",
    equals: "torchvision `adjust_hue` of u8 tensors",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "turn",
        value_type: ParameterType::Number {
            range: "-0.5 to 0.5",
            refused: &[-0.51, 0.51, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "turns",
        doc: "The part of the circle by which the hue is turned.",
        example: "turn = 0.1",
    }],
    build: |values| shared(Hue::new(values.number("turn"))?),
    read: |operator| read(operator, |hue: &Hue| [hue.turn().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
