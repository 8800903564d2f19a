//! The entry of `mean_std` in the operator registry.

use super::MeanStd;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "mean_std",
    summary: "The mean and the standard deviation of each channel of an image, as two f64 numbers for each channel.",
    equals: "OpenCV `meanStdDev`",
    inputs: 1,
    parameters: &[],
    build: |_| shared(MeanStd::new()),
    read: |operator| read(operator, |_: &MeanStd| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
