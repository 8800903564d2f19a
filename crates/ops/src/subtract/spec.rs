//! The entry of `subtract` in the operator registry.

use super::Subtract;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "subtract",
    summary: "The first image less the second, sample by sample, at least 0; any number of channels.",
    equals: "OpenCV `subtract`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(Subtract::new()),
    read: |operator| read(operator, |_: &Subtract| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
