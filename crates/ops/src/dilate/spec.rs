//! The entry of `dilate` in the operator registry.

use super::Dilate;
use crate::spec::{OperatorSpec, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "dilate",
    summary: "The largest sample of a square window around each.",
    equals: "OpenCV `dilate`",
    inputs: 1,
    parameters: &[ParameterSpec::window(ParameterType::odd(3, 31))],
    build: |values| shared(Dilate::new(values.integer("size"))?),
    read: |operator| read(operator, |window: &Dilate| [window.size().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
