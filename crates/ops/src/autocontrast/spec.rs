//! The entry of `autocontrast` in the operator registry.

use super::{Autocontrast, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The values of each channel, stretched to 0 to 255, of gray and RGB images.",
    equals: "torchvision `autocontrast` of u8 tensors",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Autocontrast::new()),
    read: |operator| read(operator, |_: &Autocontrast| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
