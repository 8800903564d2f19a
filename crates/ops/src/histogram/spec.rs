//! The entry of `histogram` in the operator registry.

use super::Histogram;
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "histogram",
    summary: "The histogram of each channel of an image: the counts of the values 0 to 255, as 256 f32 numbers for each channel.",
    equals: "OpenCV `calcHist` of each channel, with 256 bins",
    inputs: 1,
    parameters: &[],
    build: |_| shared(Histogram::new()),
    read: |operator| read(operator, |_: &Histogram| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
