//! The entry of `multiply` in the operator registry.

use super::Multiply;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "multiply",
    summary: "The product of two images, sample by sample, at most 255; any number of channels.",
    equals: "OpenCV `multiply`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(Multiply::new()),
    read: |operator| read(operator, |_: &Multiply| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
