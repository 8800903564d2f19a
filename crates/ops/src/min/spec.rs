//! The entry of `min` in the operator registry.

use super::Min;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "min",
    summary: "The smaller of the samples of two images; any number of channels.",
    equals: "OpenCV `min`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(Min::new()),
    read: |operator| read(operator, |_: &Min| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
