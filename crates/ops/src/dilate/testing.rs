//! Random cases and the reference of `dilate` for tests.

use super::Dilate;
use super::reference;
use crate::element::testing::{random_window, window_of};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Dilate::with_window(random_window(random))?),
    reference: |values, images| reference::dilate(&images[0].u8_image(), &window_of(values)).into(),
    part: None,
};
