//! The entry of `max` in the operator registry.

use super::Max;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "max",
    summary: "The larger of the samples of two images; any number of channels.",
    equals: "OpenCV `max`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(Max::new()),
    read: |operator| read(operator, |_: &Max| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
