//! The entry of `equalize_hist` in the operator registry.

use super::{EqualizeHist, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A gray image with an even distribution of its values.",
    equals: "OpenCV `equalizeHist`",
    inputs: 1,
    parameters: &[],
    build: |_| shared(EqualizeHist::new()),
    read: |operator| read(operator, |_: &EqualizeHist| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
