//! The entry of `sum` in the operator registry.

use super::Sum;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "sum",
    summary: "The sum of the samples of each channel of an image, as an f64 number for each channel.",
    equals: "OpenCV `sum` (`sumElems` in Python)",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Sum::new()),
    read: |operator| read(operator, |_: &Sum| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
