//! The entry of `transpose` in the operator registry.

use super::{KIND, Transpose, TransposeMethod};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image whose rows are columns of the input, mirrored at a diagonal or turned by 90 degrees, of any sample type of images and layout.",
    equals: "OpenCV `transpose` and `rotate`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "method",
        value_type: choice!(TransposeMethod),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("transpose"))),
        unit: "",
        doc: "`transpose` mirrors at the diagonal from the top left, `transverse` from the top right; the others turn.",
        example: "method = \"clockwise\"",
    }],
    build: |values| shared(Transpose::new(values.choice("method")?)),
    read: |operator| {
        read(operator, |transpose: &Transpose| {
            [transpose.method().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(TransposeMethod);
