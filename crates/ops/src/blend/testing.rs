//! Random cases and the reference of `blend` for tests.

use super::Blend;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Blend::new(f64::from(random.within(0, 1000)) / 1000.0)?),
    reference: |values, images| {
        reference::blend(
            &images[0].u8_image(),
            &images[1].u8_image(),
            values.number("alpha"),
        )
        .into()
    },
    part: None,
};
