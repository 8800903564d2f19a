//! Random cases and the reference of `erode` for tests.

use super::Erode;
use super::reference;
use crate::element::testing::{random_window, window_of};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Erode::with_window(random_window(random))?),
    reference: |values, images| reference::erode(&images[0].u8_image(), &window_of(values)).into(),
    part: None,
};
