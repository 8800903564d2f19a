//! The entry of `concat` in the operator registry.

use super::{Concat, ConcatAxis, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Two images side by side or one above the other, of any sample type of images and layout.",
    equals: "OpenCV `hconcat` and `vconcat`",
    inputs: 2,
    parameters: &[ParameterSpec {
        name: "axis",
        value_type: choice!(ConcatAxis),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("horizontal"))),
        unit: "",
        doc: "Whether the second image is to the right of the first or below it.",
        example: "axis = \"vertical\"",
    }],
    build: |values| shared(Concat::new(values.choice("axis")?)),
    read: |operator| read(operator, |concat: &Concat| [concat.axis().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ConcatAxis);
