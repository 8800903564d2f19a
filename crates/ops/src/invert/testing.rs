//! Random cases and the reference of `invert` for tests.

use super::Invert;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |_, _| shared(Invert::new()),
    reference: |_, images| images[0].changed(reference::invert),
    part: None,
};
