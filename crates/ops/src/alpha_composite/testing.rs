//! Random cases and the reference of `alpha_composite` for tests.

use super::AlphaComposite;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, shape| {
        shape.channels = 4;
        shared(AlphaComposite::new())
    },
    reference: |_, images| {
        reference::alpha_composite(&images[0].u8_image(), &images[1].u8_image()).into()
    },
    part: None,
};
