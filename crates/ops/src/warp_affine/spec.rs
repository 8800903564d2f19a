//! The entry of `warp_affine` in the operator registry.

use super::{MATRIX, WarpAffine};
use crate::spec::{
    INPUT, OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

static NUMBERS: ParameterType = ParameterType::Numbers {
    count: Some(6),
    range: "at most 1e30 each; invertible unless `inverse`",
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "warp_affine",
    summary: "An image that is rotated, scaled, sheared and moved by a 2x3 matrix.",
    equals: "OpenCV `warpAffine` with `INTER_LINEAR` and `BORDER_CONSTANT`",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 640"),
        ParameterSpec::side("height", "Height of the output.", "height = 480"),
        ParameterSpec {
            name: MATRIX.1,
            value_type: ParameterType::OrInput(&NUMBERS),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The matrix from source to output, row by row.",
            example: "matrix = [1, 0, 16, 0, 1, 16]",
        },
        ParameterSpec {
            name: "inverse",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether the matrix goes from output to source.",
            example: "inverse = false",
        },
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Color,
            default: ParameterDefault::Value(Value::Color([0; 4])),
            unit: "samples",
            doc: "Color around the source.",
            example: "value = [0, 0, 0]",
        },
    ],
    build: |values| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side));
        let inverse = values.flag("inverse");
        let warp = match values.is_input(MATRIX.1) {
            true => WarpAffine::given(inverse, width, height)?,
            false => WarpAffine::with_direction(values.array(MATRIX.1), inverse, width, height)?,
        };
        shared(warp.value(values.color("value")))
    },
    read: |operator| {
        read(operator, |warp: &WarpAffine| {
            let (width, height) = warp.size();
            [
                width.into(),
                height.into(),
                warp.matrix().map_or(INPUT.into(), Value::from),
                warp.is_inverse().into(),
                warp.border_value().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
