//! The entry of `affine` in the operator registry.

use super::{ANGLE, Affine, AffineParameter, KIND, SCALE, SHEAR, TRANSLATE};
use crate::contract::OperatorError;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, read, shared,
};
use crate::warp::grid::numbers::value_of;
use crate::warp::grid::parameters;
use std::borrow::Cow;

static DEGREES: ParameterType = ParameterType::Number {
    range: "at most 1e6",
    refused: &[f64::NAN, f64::INFINITY, -1.1e6],
};

static PIXELS: ParameterType = ParameterType::Numbers {
    count: Some(2),
    range: "at most 1e6",
};

static FACTOR: ParameterType = ParameterType::Number {
    range: "1e-6 to 1e6",
    refused: &[f64::NAN, 0.0, -1.0, 1.1e6],
};

static SHEARS: ParameterType = ParameterType::Numbers {
    count: Some(2),
    range: "-89 to 89",
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image that is rotated, moved, scaled and sheared about its center.",
    equals: "torchvision `affine` of u8 tensors",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: ANGLE.place.1,
            value_type: ParameterType::OrInput(&DEGREES),
            default: ParameterDefault::Value(Value::Number(0.0)),
            unit: "degrees",
            doc: "The angle, clockwise.",
            example: "angle = 10",
        },
        ParameterSpec {
            name: TRANSLATE.place.1,
            value_type: ParameterType::OrInput(&PIXELS),
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0, 0.0]))),
            unit: "pixels",
            doc: "The translations along x and y.",
            example: "translate = [12.5, 0]",
        },
        ParameterSpec {
            name: SCALE.place.1,
            value_type: ParameterType::OrInput(&FACTOR),
            default: ParameterDefault::Value(Value::Number(1.0)),
            unit: "",
            doc: "The scale.",
            example: "scale = 1.25",
        },
        ParameterSpec {
            name: SHEAR.place.1,
            value_type: ParameterType::OrInput(&SHEARS),
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0, 0.0]))),
            unit: "degrees",
            doc: "The angles of the shears along x and y.",
            example: "shear = [5, 0]",
        },
        parameters::CENTER,
        parameters::interpolation("nearest"),
        parameters::VALUE,
        parameters::LIKE,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |affine: &Affine| {
            let number = |of_all: Option<[f64; 1]>| match of_all {
                Some([number]) => number.into(),
                None => value_of::<1>(None),
            };
            let [interpolation, value, like] = parameters::values(affine.sampled());
            [
                number(affine.angle),
                value_of(affine.translate),
                number(affine.scale),
                value_of(affine.shear),
                affine.center_point().map_or(Value::Default, Value::from),
                interpolation,
                value,
                like,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<Affine, OperatorError> {
    let affine = Affine::new();
    let affine = match values.is_input(ANGLE.place.1) {
        true => affine.given(AffineParameter::Angle),
        false => affine.angle(values.number(ANGLE.place.1))?,
    };
    let affine = match values.is_input(SCALE.place.1) {
        true => affine.given(AffineParameter::Scale),
        false => affine.scale(values.number(SCALE.place.1))?,
    };
    let affine = match TRANSLATE.of_values(values) {
        Some(translate) => affine.translate(translate)?,
        None => affine.given(AffineParameter::Translate),
    };
    let affine = match SHEAR.of_values(values) {
        Some(shear) => affine.shear(shear)?,
        None => affine.given(AffineParameter::Shear),
    };
    let affine = match parameters::center(values) {
        Some(center) => affine.center(center)?,
        None => affine,
    };
    Ok(affine.sampling(parameters::sampling(values)?))
}
