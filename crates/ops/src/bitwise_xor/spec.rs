//! The entry of `bitwise_xor` in the operator registry.

use super::BitwiseXor;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "bitwise_xor",
    summary: "The bits in which the samples of two images differ; any number of channels.",
    equals: "OpenCV `bitwise_xor`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(BitwiseXor::new()),
    read: |operator| read(operator, |_: &BitwiseXor| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
