//! The entry of `random_affine` in the operator registry.

use super::{KIND, RandomAffine};
use crate::contract::OperatorError;
use crate::random::ranges::range;
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, read, shared,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Each image rotated, moved, scaled and sheared at random about its center.",
    equals: "in distribution and matrix torchvision `RandomAffine`; in pixels OpenCV `warpAffine` with `INTER_LINEAR` and `BORDER_CONSTANT`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "degrees",
            value_type: ParameterType::Numbers {
                count: None,
                range: DEGREES,
            },
            default: ParameterDefault::Required,
            unit: "degrees",
            doc: "The angle of the rotation, clockwise.",
            example: "degrees = 15",
        },
        ParameterSpec {
            name: "translate",
            value_type: ParameterType::Numbers {
                count: Some(2),
                range: "0 to 1",
            },
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0, 0.0]))),
            unit: "",
            doc: "The largest translations along x, in widths of the image, and along y, in heights.",
            example: "translate = [0.1, 0.1]",
        },
        range(
            "scale",
            "the least and the largest, from 0.001 to 1000",
            &[1.0, 1.0],
            "The scale.",
            "scale = [0.9, 1.1]",
        ),
        ParameterSpec {
            name: "shear",
            value_type: ParameterType::Numbers {
                count: None,
                range: SHEAR,
            },
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0, 0.0]))),
            unit: "degrees",
            doc: "The angles of the shear.",
            example: "shear = 10",
        },
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Color,
            default: ParameterDefault::Value(Value::Color([0; 4])),
            unit: "samples",
            doc: "Color around the source.",
            example: "value = [124, 116, 104]",
        },
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |affine: &RandomAffine| {
            let [seed, stream] = affine.stream.values();
            [
                affine.angles().into(),
                affine.translations().into(),
                affine.scales().into(),
                affine.shears().into(),
                affine.border_value().into(),
                seed,
                stream,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

const DEGREES: &str =
    "the least and the largest, from -360 to 360; one number d stands for -d to d";

const SHEAR: &str = "two along x, the least and the largest, and two along y, from -89 to 89; two are along x alone, and one number s stands for -s to s along x";

pub(super) fn build(values: &Values) -> Result<RandomAffine, OperatorError> {
    let refused = |parameter: &'static str, expected: &str| OperatorError::Parameter {
        operator: KIND,
        parameter,
        got: values.text(parameter),
        expected: expected.to_owned(),
    };
    let degrees = match *values.numbers("degrees") {
        [most] => [-most, most],
        [least, most] => [least, most],
        _ => return Err(refused("degrees", DEGREES)),
    };
    let shear = match *values.numbers("shear") {
        [most] => [-most, most, 0.0, 0.0],
        [least, most] => [least, most, 0.0, 0.0],
        [least_x, most_x, least_y, most_y] => [least_x, most_x, least_y, most_y],
        _ => return Err(refused("shear", SHEAR)),
    };
    let affine = RandomAffine::new(degrees)?
        .translate(values.array("translate"))?
        .scale(values.array("scale"))?
        .shear(shear)?
        .value(values.color("value"));
    let stream = Stream::of(values);
    Ok(RandomAffine { stream, ..affine })
}
