//! The entry of `flip` in the operator registry.

use super::{Flip, FlipAxis};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "flip",
    summary: "A mirrored image, of any sample type and layout.",
    equals: "OpenCV `flip`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "axis",
        value_type: choice!(FlipAxis),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("horizontal"))),
        unit: "",
        doc: "`horizontal` exchanges left and right, `vertical` top and bottom.",
        example: "axis = \"horizontal\"",
    }],
    build: |values| shared(Flip::new(values.choice("axis")?)),
    read: |operator| read(operator, |flip: &Flip| [flip.axis().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(FlipAxis);
