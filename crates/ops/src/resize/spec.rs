//! The entry of `resize` in the operator registry.

use super::{Interpolation, Resize};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "resize",
    summary: "An image of another size.",
    equals: "OpenCV `resize`",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 320"),
        ParameterSpec::side("height", "Height of the output.", "height = 240"),
        ParameterSpec {
            name: "interpolation",
            value_type: choice!(Interpolation),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("bilinear"))),
            unit: "",
            doc: "How samples between pixels are made. `area` shrinks without aliasing. `cubic` equals OpenCV to within 1, the others bit for bit.",
            example: "interpolation = \"bilinear\"",
        },
    ],
    build: |values| {
        let resize = Resize::new(values.integer("width"), values.integer("height"))?;
        shared(resize.interpolation(values.choice("interpolation")?))
    },
    read: |operator| {
        read(operator, |resize: &Resize| {
            [
                resize.width().into(),
                resize.height().into(),
                resize.interpolation_mode().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(Interpolation);
