//! The entry of `add` in the operator registry.

use super::Add;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "add",
    summary: "The sum of two images, sample by sample, at most 255; any number of channels.",
    equals: "OpenCV `add`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(Add::new()),
    read: |operator| read(operator, |_: &Add| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
