//! The entry of `bitwise_or` in the operator registry.

use super::BitwiseOr;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "bitwise_or",
    summary: "The bits that are set in the samples of one of two images; any number of channels.",
    equals: "OpenCV `bitwise_or`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(BitwiseOr::new()),
    read: |operator| read(operator, |_: &BitwiseOr| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
