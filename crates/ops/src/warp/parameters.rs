//! The parameters of warps in the operator registry.

use super::operator::MATRIX;
use super::{WarpBorder, WarpInterpolation, WarpSampling};
use crate::contract::OperatorError;
use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice};
use std::borrow::Cow;

pub(crate) const WIDTH: ParameterSpec =
    ParameterSpec::side("width", "Width of the output.", "width = 640");

pub(crate) const HEIGHT: ParameterSpec =
    ParameterSpec::side("height", "Height of the output.", "height = 480");

/// The parameter of the matrix, of numbers of this type.
pub(crate) const fn matrix(
    numbers: &'static ParameterType,
    example: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name: MATRIX.1,
        value_type: ParameterType::OrInput(numbers),
        default: ParameterDefault::Required,
        unit: "",
        doc: "The matrix from source to output, row by row.",
        example,
    }
}

pub(crate) const INVERSE: ParameterSpec = ParameterSpec {
    name: "inverse",
    value_type: ParameterType::Flag,
    default: ParameterDefault::Value(Value::Flag(false)),
    unit: "",
    doc: "Whether the matrix goes from output to source.",
    example: "inverse = false",
};

pub(crate) const VALUE: ParameterSpec = ParameterSpec {
    name: "value",
    value_type: ParameterType::Color,
    default: ParameterDefault::Value(Value::Color([0; 4])),
    unit: "samples",
    doc: "Color around the source, with a constant border.",
    example: "value = [0, 0, 0]",
};

pub(crate) const INTERPOLATION: ParameterSpec = ParameterSpec {
    name: "interpolation",
    value_type: choice!(WarpInterpolation),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("bilinear"))),
    unit: "",
    doc: "How pixels between those of the source are made.",
    example: "interpolation = \"cubic\"",
};

pub(crate) const BORDER: ParameterSpec = ParameterSpec {
    name: "border",
    value_type: choice!(WarpBorder),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("constant"))),
    unit: "",
    doc: "What lies outside the source: `value`, the nearest pixel, the source mirrored with or without its border pixels, or the source repeated.",
    example: "border = \"reflect_101\"",
};

/// The sampling of the parameters `interpolation`, `border` and `value`.
pub(crate) fn sampling(values: &Values) -> Result<WarpSampling, OperatorError> {
    Ok(WarpSampling {
        interpolation: values.choice("interpolation")?,
        border: values.choice("border")?,
        value: values.color("value"),
    })
}
