//! The entry of `pyr_down` in the operator registry.

use super::{KIND, PyrDown, PyrDownBorder};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A blurred image with half of the columns and rows: one step down a Gaussian pyramid.",
    equals: "OpenCV `pyrDown`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "border",
        value_type: choice!(PyrDownBorder),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("reflect_101"))),
        unit: "",
        doc: "What lies outside the image: the nearest pixel, the image mirrored with or without its border pixels, or the image repeated.",
        example: "border = \"replicate\"",
    }],
    build: |values| shared(PyrDown::new(values.choice("border")?)),
    read: |operator| read(operator, |down: &PyrDown| [down.border().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
