//! The entry of `nv12_to_rgb` in the operator registry.

use super::Nv12ToRgb;
use crate::spec::{OperatorSpec, read, shared};
use crate::yuv_to_rgb::spec::{MATRIX, RANGE, coding};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "nv12_to_rgb",
    summary: "An RGB image of an NV12 video frame, which has one channel and 3/2 of the rows.",
    equals: "OpenCV `cvtColor` with `COLOR_YUV2RGB_NV12`, for `bt601` and `limited`",
    inputs: 1,
    parameters: &[MATRIX, RANGE],
    build: |values| shared(Nv12ToRgb::with_coding(coding(values)?)),
    read: |operator| {
        read(operator, |nv12: &Nv12ToRgb| {
            let coding = nv12.coding();
            [coding.matrix.into(), coding.range.into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
