//! The entry of `nv12_to_rgb` in the operator registry.

use super::Nv12ToRgb;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "nv12_to_rgb",
    summary: "An RGB image of an NV12 video frame, which has one channel and 3/2 of the rows.",
    equals: "OpenCV `cvtColor` with `COLOR_YUV2RGB_NV12`",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Nv12ToRgb::new()),
    read: |operator| read(operator, |_: &Nv12ToRgb| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
