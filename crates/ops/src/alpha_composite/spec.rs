//! The entry of `alpha_composite` in the operator registry.

use super::{AlphaComposite, KIND};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The second of two RGBA images over the first.",
    equals: "Pillow `Image.alpha_composite`",
    inputs: 2,
    parameters: &[],
    build: |_| shared(AlphaComposite::new()),
    read: |operator| read(operator, |_: &AlphaComposite| []),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
