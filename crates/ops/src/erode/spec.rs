//! The entry of `erode` in the operator registry.

use super::Erode;
use crate::spec::{OperatorSpec, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "erode",
    summary: "The smallest sample of a square window around each.",
    equals: "OpenCV `erode`",
    inputs: 1,
    parameters: &[ParameterSpec::window(ParameterType::odd(3, 31))],
    build: |values| shared(Erode::new(values.integer("size"))?),
    read: |operator| read(operator, |window: &Erode| [window.size().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
