//! The entry of `rotate` in the operator registry.

use super::{ANGLE, KIND, Rotate};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};
use crate::warp::grid::numbers::value_of;
use crate::warp::grid::parameters;

static NUMBER: ParameterType = ParameterType::Number {
    range: "at most 1e6",
    refused: &[f64::NAN, f64::INFINITY, -1.1e6],
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image that is rotated by an angle.",
    equals: "torchvision `rotate` of u8 tensors",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: ANGLE.place.1,
            value_type: ParameterType::OrInput(&NUMBER),
            default: ParameterDefault::Required,
            unit: "degrees",
            doc: "The angle, counterclockwise.",
            example: "angle = 30",
        },
        ParameterSpec {
            name: "expand",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether the output is as large as the rotated image needs.",
            example: "expand = true",
        },
        parameters::CENTER,
        parameters::interpolation("nearest"),
        parameters::VALUE,
        parameters::LIKE,
    ],
    build: |values| {
        let rotate = match values.is_input(ANGLE.place.1) {
            true => Rotate::given(),
            false => Rotate::new(values.number(ANGLE.place.1))?,
        };
        let rotate = match parameters::center(values) {
            Some(center) => rotate.center(center)?,
            None => rotate,
        };
        let rotate = rotate.expand(values.flag("expand"));
        shared(rotate.sampling(parameters::sampling(values)?))
    },
    read: |operator| {
        read(operator, |rotate: &Rotate| {
            let [interpolation, value, like] = parameters::values(rotate.sampled());
            [
                rotate
                    .angle()
                    .map_or_else(|| value_of::<1>(None), Value::from),
                rotate.expands().into(),
                rotate.rotated_about().map_or(Value::Default, Value::from),
                interpolation,
                value,
                like,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
