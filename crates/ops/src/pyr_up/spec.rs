//! The entry of `pyr_up` in the operator registry.

use super::{KIND, PyrUp};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A blurred image with twice the columns and rows: one step up a Gaussian pyramid.",
    equals: "OpenCV `pyrUp`",
    inputs: 1,
    parameters: &[],
    build: |_| shared(PyrUp::new()),
    read: |operator| read(operator, |_: &PyrUp| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
