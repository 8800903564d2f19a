//! The parameters of torchvision's geometric operators in the operator registry.

use super::{GridInterpolation, GridLike, GridSampling};
use crate::contract::OperatorError;
use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice};
use std::borrow::Cow;

/// The parameter `interpolation` with this default.
pub(crate) const fn interpolation(default: &'static str) -> ParameterSpec {
    ParameterSpec {
        name: "interpolation",
        value_type: choice!(GridInterpolation),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed(default))),
        unit: "",
        doc: "How pixels between those of the source are made.",
        example: "interpolation = \"bilinear\"",
    }
}

pub(crate) const VALUE: ParameterSpec = ParameterSpec {
    name: "value",
    value_type: ParameterType::Color,
    default: ParameterDefault::Derived("0, not mixed into pixels at the border of the source"),
    unit: "samples",
    doc: "Color around the source (`fill`).",
    example: "value = [124, 116, 104]",
};

pub(crate) const LIKE: ParameterSpec = ParameterSpec {
    name: "like",
    value_type: choice!(GridLike),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("torchvision"))),
    unit: "",
    doc: "The processor whose torchvision it equals: one of AMD, or of Intel without AVX-512, or one of Intel with AVX-512.",
    example: "like = \"torchvision\"",
};

pub(crate) const CENTER: ParameterSpec = ParameterSpec {
    name: "center",
    value_type: ParameterType::Numbers {
        count: Some(2),
        range: "at most 1e6",
    },
    default: ParameterDefault::Derived("the middle of the image"),
    unit: "pixels",
    doc: "The point that stays, x and y from the top left corner.",
    example: "center = [160, 120]",
};

/// The largest coordinate of a center, and the largest translation.
pub(crate) const MOST_PIXELS: f64 = 1e6;

/// Refuses a center that is too far away.
pub(crate) fn check_center(operator: &'static str, center: [f64; 2]) -> Result<(), OperatorError> {
    // A NaN is out of this range as well.
    if center.iter().all(|number| number.abs() <= MOST_PIXELS) {
        return Ok(());
    }
    Err(OperatorError::Parameter {
        operator,
        parameter: "center",
        got: format!("{center:?}"),
        expected: format!("x and y in pixels, each at most {MOST_PIXELS:e}"),
    })
}

/// The center of the values of an operator; `None` for the middle of the image.
pub(crate) fn center(values: &Values) -> Option<[f64; 2]> {
    let numbers = values.derived_numbers("center")?;
    numbers.try_into().ok()
}

/// The sampling of the parameters `interpolation`, `value` and `like`.
pub(crate) fn sampling(values: &Values) -> Result<GridSampling, OperatorError> {
    Ok(GridSampling {
        interpolation: values.choice("interpolation")?,
        value: values.derived_color("value"),
        like: values.choice("like")?,
    })
}

/// The values of the parameters `interpolation`, `value` and `like`.
pub(crate) fn values(sampling: GridSampling) -> [Value; 3] {
    [
        sampling.interpolation.into(),
        sampling.value.map_or(Value::Default, Value::from),
        sampling.like.into(),
    ]
}
