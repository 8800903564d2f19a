//! Random cases and the reference of `dilate` for tests.

use super::Dilate;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Dilate::new(random.odd(3, 31))?),
    reference: |values, images| {
        let size = values.integer("size") as usize;
        reference::dilate(&images[0].u8_image(), size).into()
    },
    part: None,
};
