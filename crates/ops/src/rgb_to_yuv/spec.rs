//! The entry of `rgb_to_yuv` in the operator registry.

use super::{KIND, RgbToYuv, RgbToYuvFormat};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, choice, read, shared, value_from_choice,
};
use crate::yuv_to_rgb::spec::{MATRIX, RANGE, coding};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A YUV video frame of an RGB image, as a gray image of its bytes with 3/2 of the rows: NV12 or I420.",
    equals: "OpenCV `cvtColor` with `COLOR_RGB2YUV_I420`, for `bt601` and `limited`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "format",
            value_type: choice!(RgbToYuvFormat),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The layout of the frame: U and V alternate (`nv12`), or are planes (`i420`).",
            example: "format = \"nv12\"",
        },
        MATRIX,
        RANGE,
    ],
    build: |values| {
        let format = values.choice("format")?;
        shared(RgbToYuv::new(format, coding(values)?))
    },
    read: |operator| {
        read(operator, |to_yuv: &RgbToYuv| {
            let coding = to_yuv.coding();
            [
                to_yuv.format().into(),
                coding.matrix.into(),
                coding.range.into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(RgbToYuvFormat);
