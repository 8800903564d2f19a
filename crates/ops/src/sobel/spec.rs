//! The entry of `sobel` in the operator registry.

use super::{Sobel, SobelOutput};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "sobel",
    summary: "The Sobel derivatives of a gray image, or their magnitude; color goes to gray first.",
    equals: "OpenCV `Sobel`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "output",
            value_type: choice!(SobelOutput),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("magnitude"))),
            unit: "",
            doc: "`magnitude` gives u8 samples, the derivatives `dx` and `dy` i16.",
            example: "output = \"magnitude\"",
        },
        ParameterSpec {
            name: "size",
            value_type: ParameterType::odd(3, 7),
            default: ParameterDefault::Value(Value::Integer(3)),
            unit: "pixels",
            doc: "Width and height of the window.",
            example: "size = 5",
        },
    ],
    build: |values| {
        let sobel = Sobel::new(values.choice("output")?);
        shared(sobel.with_size(values.integer("size"))?)
    },
    read: |operator| {
        read(operator, |sobel: &Sobel| {
            [sobel.output().into(), sobel.size().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(SobelOutput);
