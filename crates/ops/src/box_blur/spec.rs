//! The entry of `box_blur` in the operator registry.

use super::BoxBlur;
use crate::spec::{OperatorSpec, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "box_blur",
    summary: "The mean of a square window around each sample.",
    equals: "OpenCV `blur`",
    inputs: 1,
    parameters: &[ParameterSpec::window(ParameterType::odd(3, 31))],
    build: |values| shared(BoxBlur::new(values.integer("size"))?),
    read: |operator| read(operator, |window: &BoxBlur| [window.size().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
