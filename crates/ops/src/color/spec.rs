//! The entry of `color` in the operator registry.

use super::{Color, ColorConversion};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, choice, read, shared, value_from_choice,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "color",
    summary: "Another color space, or another order or number of channels.",
    equals: "OpenCV `cvtColor`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "conversion",
        value_type: choice!(ColorConversion),
        default: ParameterDefault::Required,
        unit: "",
        doc: "The conversion.",
        example: "conversion = \"rgb_to_gray\"",
    }],
    build: |values| shared(Color::new(values.choice("conversion")?)),
    read: |operator| read(operator, |color: &Color| [color.conversion().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ColorConversion);
