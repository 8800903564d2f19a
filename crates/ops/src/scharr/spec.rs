//! The entry of `scharr` in the operator registry.

use super::{Scharr, ScharrOutput};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "scharr",
    summary: "A 3x3 Scharr derivative, channel by channel, as i16 samples.",
    equals: "OpenCV `Scharr`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "output",
        value_type: choice!(ScharrOutput),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("dx"))),
        unit: "",
        doc: "`dx` is the derivative along x, `dy` along y.",
        example: "output = \"dx\"",
    }],
    build: |values| shared(Scharr::new(values.choice("output")?)),
    read: |operator| read(operator, |scharr: &Scharr| [scharr.output().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ScharrOutput);
