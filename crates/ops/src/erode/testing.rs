//! Random cases and the reference of `erode` for tests.

use super::Erode;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Erode::new(random.odd(3, 31))?),
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::erode(&images[0].u8_image(), size).into()
    },
    part: None,
};
