//! The entry of `sobel` in the operator registry.

use super::{Sobel, SobelOutput};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "sobel",
    summary: "The 3x3 Sobel derivatives of a gray image, or their magnitude; color goes to gray first.",
    equals: "OpenCV `Sobel` with `ksize=3`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "output",
        value_type: choice!(SobelOutput),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("magnitude"))),
        unit: "",
        doc: "`magnitude` gives u8 samples, the derivatives `dx` and `dy` i16.",
        example: "output = \"magnitude\"",
    }],
    build: |values| shared(Sobel::new(values.choice("output")?)),
    read: |operator| read(operator, |sobel: &Sobel| [sobel.output().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(SobelOutput);
