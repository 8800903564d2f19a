//! The parameters of windows in the operator registry.

use super::window::{MAX_ITERATIONS, MAX_SIZE};
use super::{MorphologyBorder, MorphologyWindow, WindowShape};
use crate::contract::OperatorError;
use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice};
use std::borrow::Cow;

const SIDE: ParameterType = ParameterType::Integer {
    least: 1,
    most: MAX_SIZE,
    odd: false,
};

pub(crate) const SIZE: ParameterSpec = ParameterSpec {
    name: "size",
    value_type: SIDE,
    default: ParameterDefault::Required,
    unit: "pixels",
    doc: "Width of the window, and its height where no other is given.",
    example: "size = 3",
};

pub(crate) const HEIGHT: ParameterSpec = ParameterSpec {
    name: "height",
    value_type: SIDE,
    default: ParameterDefault::Derived("`size`"),
    unit: "pixels",
    doc: "Height of the window.",
    example: "height = 1",
};

pub(crate) const SHAPE: ParameterSpec = ParameterSpec {
    name: "shape",
    value_type: choice!(WindowShape),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("rectangle"))),
    unit: "",
    doc: "The pixels of the window that count: all, the row and the column of the anchor, or the ellipse that fills it.",
    example: "shape = \"ellipse\"",
};

pub(crate) const ANCHOR: ParameterSpec = ParameterSpec {
    name: "anchor",
    value_type: ParameterType::Numbers {
        count: Some(2),
        range: "whole ones inside the window",
    },
    default: ParameterDefault::Derived("half of width and height, rounded down"),
    unit: "pixels",
    doc: "Column and row of the window that lie on the pixel which is computed.",
    example: "anchor = [0, 0]",
};

pub(crate) const ITERATIONS: ParameterSpec = ParameterSpec {
    name: "iterations",
    value_type: ParameterType::Integer {
        least: 1,
        most: MAX_ITERATIONS,
        odd: false,
    },
    default: ParameterDefault::Value(Value::Integer(1)),
    unit: "",
    doc: "How often an erosion or dilation is repeated.",
    example: "iterations = 2",
};

pub(crate) const BORDER: ParameterSpec = ParameterSpec {
    name: "border",
    value_type: choice!(MorphologyBorder),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("ignored"))),
    unit: "",
    doc: "What lies outside the image: nothing that counts, `value`, the nearest pixel, or the image mirrored with or without its border pixels.",
    example: "border = \"replicate\"",
};

pub(crate) const VALUE: ParameterSpec = ParameterSpec {
    name: "value",
    value_type: ParameterType::Color,
    default: ParameterDefault::Value(Value::Color([0; 4])),
    unit: "samples",
    doc: "Color around the image, with a constant border.",
    example: "value = [0, 0, 0]",
};

/// The window of these parameters.
///
/// # Errors
/// [`OperatorError::Parameter`] for an anchor that is no pixel. The operator checks the rest.
pub(crate) fn window(
    operator: &'static str,
    values: &Values,
) -> Result<MorphologyWindow, OperatorError> {
    let anchor = values.derived_numbers("anchor").map(|numbers| {
        let whole = |number: f64| (number as u32 as f64 == number).then_some(number as u32);
        let pixel = match *numbers {
            [x, y] => whole(x).zip(whole(y)),
            _ => None,
        };
        pixel.ok_or_else(|| OperatorError::Parameter {
            operator,
            parameter: "anchor",
            got: values.text("anchor"),
            expected: "two whole numbers, a column and a row of the window".to_owned(),
        })
    });
    Ok(MorphologyWindow {
        shape: values.choice("shape")?,
        width: values.integer("size"),
        height: values.derived_integer("height"),
        anchor: anchor.transpose()?,
        iterations: values.integer("iterations"),
        border: values.choice("border")?,
        value: values.color("value"),
    })
}

/// The values of a window, in the order of the parameters above.
pub(crate) fn values(window: &MorphologyWindow) -> [Value; 7] {
    [
        window.width.into(),
        window.height.into(),
        window.shape.into(),
        window
            .anchor
            .map_or(Value::Default, |(x, y)| [f64::from(x), f64::from(y)].into()),
        window.iterations.into(),
        window.border.into(),
        window.value.into(),
    ]
}
