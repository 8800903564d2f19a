//! The entry of `minmax` in the operator registry.

use super::MinMax;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "minmax",
    summary: "The least and the largest sample of each channel of an image, as two f64 numbers for each channel.",
    equals: "OpenCV `minMaxLoc` of each channel, without the places",
    inputs: 1,
    parameters: &[],
    build: |_| shared(MinMax::new()),
    read: |operator| read(operator, |_: &MinMax| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
