//! The entry of `abs_diff` in the operator registry.

use super::AbsDiff;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "abs_diff",
    summary: "The absolute difference of two images, sample by sample; any number of channels.",
    equals: "OpenCV `absdiff`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(AbsDiff::new()),
    read: |operator| read(operator, |_: &AbsDiff| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
