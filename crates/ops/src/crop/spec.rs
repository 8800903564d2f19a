//! The entry of `crop` in the operator registry.

use super::Crop;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "crop",
    summary: "A rectangle of an image, of any sample type of images and layout.",
    equals: "an array slice",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "x",
            value_type: ParameterType::Integer {
                least: 0,
                most: 65_535,
                odd: false,
            },
            default: ParameterDefault::Required,
            unit: "pixels",
            doc: "First column of the source.",
            example: "x = 16",
        },
        ParameterSpec {
            name: "y",
            value_type: ParameterType::Integer {
                least: 0,
                most: 65_535,
                odd: false,
            },
            default: ParameterDefault::Required,
            unit: "pixels",
            doc: "First row of the source.",
            example: "y = 16",
        },
        ParameterSpec::side("width", "Width of the output.", "width = 320"),
        ParameterSpec::side("height", "Height of the output.", "height = 240"),
    ],
    build: |values| {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| values.integer(name));
        shared(Crop::new(x, y, width, height)?)
    },
    read: |operator| {
        read(operator, |crop: &Crop| {
            [crop.x(), crop.y(), crop.width(), crop.height()].map(Value::from)
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
