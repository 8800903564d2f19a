//! Random cases and the reference of `subtract` for tests.

use super::Subtract;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Subtract::new()),
    reference: |_, images| reference::subtract(&images[0].u8_image(), &images[1].u8_image()).into(),
    part: None,
};
