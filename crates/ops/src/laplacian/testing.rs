//! Random cases and the reference of `laplacian` for tests.

use super::reference;
use super::{Laplacian, LaplacianOutput};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Laplacian::new(random.pick(&LaplacianOutput::ALL))),
    reference: |values, images| match values.name("output") {
        "signed" => reference::laplacian(&images[0].u8_image()).into(),
        _ => reference::laplacian_clamped(&images[0].u8_image()).into(),
    },
    part: None,
};
