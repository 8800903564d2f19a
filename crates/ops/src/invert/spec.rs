//! The entry of `invert` in the operator registry.

use super::{Invert, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The negative of an image; any number of channels.",
    equals: "torchvision `invert` of u8 tensors",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Invert::new()),
    read: |operator| read(operator, |_: &Invert| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
