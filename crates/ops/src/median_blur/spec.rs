//! The entry of `median_blur` in the operator registry.

use super::{MAX_SIZE, MedianBlur};
use crate::spec::{OperatorSpec, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "median_blur",
    summary: "The median of a square window around each sample.",
    equals: "OpenCV `medianBlur`",
    inputs: 1,
    parameters: &[ParameterSpec::window(ParameterType::odd(3, MAX_SIZE))],
    build: |values| shared(MedianBlur::new(values.integer("size"))?),
    read: |operator| read(operator, |blur: &MedianBlur| [blur.size().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
