//! The entry of `bitwise_and` in the operator registry.

use super::BitwiseAnd;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "bitwise_and",
    summary: "The bits that are set in the samples of both images; any number of channels.",
    equals: "OpenCV `bitwise_and`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(BitwiseAnd::new()),
    read: |operator| read(operator, |_: &BitwiseAnd| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
