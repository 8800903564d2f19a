//! The entry of `bitwise_not` in the operator registry.

use super::{BitwiseNot, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The samples with every bit turned; any number of channels.",
    equals: "OpenCV `bitwise_not`",
    inputs: 1,
    parameters: &[],
    build: |_| shared(BitwiseNot::new()),
    read: |operator| read(operator, |_: &BitwiseNot| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
