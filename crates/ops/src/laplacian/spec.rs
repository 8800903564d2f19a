//! The entry of `laplacian` in the operator registry.

use super::{Laplacian, LaplacianOutput};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "laplacian",
    summary: "The Laplacian: the sum of the four neighbors, less four times the sample.",
    equals: "OpenCV `Laplacian` with `ksize=1`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "output",
        value_type: choice!(LaplacianOutput),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("signed"))),
        unit: "",
        doc: "`signed` gives i16 samples, `clamped` u8 samples of 0 to 255.",
        example: "output = \"signed\"",
    }],
    build: |values| shared(Laplacian::new(values.choice("output")?)),
    read: |operator| {
        read(operator, |laplacian: &Laplacian| {
            [laplacian.output().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(LaplacianOutput);
