//! The entry of `yuv_to_rgb` in the operator registry.

use super::{KIND, YuvFormat, YuvToRgb};
use crate::contract::OperatorError;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, Values, choice, read, shared,
    value_from_choice,
};
use crate::yuv::{YuvCoding, YuvMatrix, YuvRange};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An RGB image of a YUV video frame, which comes as a gray image of its bytes: NV12, NV21, I420, YUYV or P010.",
    equals: "OpenCV `cvtColor` with `COLOR_YUV2RGB_NV12`, `_NV21`, `_I420` and `_YUY2`, for `bt601` and `limited`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "format",
            value_type: choice!(YuvFormat),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The layout of the frame. All but `yuyv` have half as many rows again as the output; `yuyv` and `p010` are twice as wide.",
            example: "format = \"i420\"",
        },
        MATRIX,
        RANGE,
    ],
    build: |values| {
        let format = values.choice("format")?;
        shared(YuvToRgb::new(format, coding(values)?))
    },
    read: |operator| {
        read(operator, |to_rgb: &YuvToRgb| {
            let coding = to_rgb.coding();
            [
                to_rgb.format().into(),
                coding.matrix.into(),
                coding.range.into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

/// The parameter for [`YuvCoding::matrix`].
pub(crate) const MATRIX: ParameterSpec = ParameterSpec {
    name: "matrix",
    value_type: choice!(YuvMatrix),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("bt601"))),
    unit: "",
    doc: "The standard of the colors. HD video usually is `bt709`; nothing is guessed from sizes.",
    example: "matrix = \"bt709\"",
};

/// The parameter for [`YuvCoding::range`].
pub(crate) const RANGE: ParameterSpec = ParameterSpec {
    name: "range",
    value_type: choice!(YuvRange),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("limited"))),
    unit: "",
    doc: "Whether Y is 16 to 235 and U and V are 16 to 240 (`limited`), or all are 0 to 255 (`full`).",
    example: "range = \"full\"",
};

/// The values of [`MATRIX`] and [`RANGE`].
pub(crate) fn coding(values: &Values) -> Result<YuvCoding, OperatorError> {
    Ok(YuvCoding {
        matrix: values.choice("matrix")?,
        range: values.choice("range")?,
    })
}

value_from_choice!(YuvFormat);
