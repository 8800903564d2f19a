//! The entry of `equalize` in the operator registry.

use super::{Equalize, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image with an even distribution of the values of each channel, of gray and RGB images.",
    equals: "torchvision `equalize` of u8 tensors",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Equalize::new()),
    read: |operator| read(operator, |_: &Equalize| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
