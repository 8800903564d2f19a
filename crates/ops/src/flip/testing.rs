//! Random cases and the reference of `flip` for tests.

use super::reference;
use super::{Flip, FlipAxis};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Flip::new(random.pick(&FlipAxis::ALL))),
    reference: |values, images| {
        let axis = values.name("axis");
        let (along_x, along_y) = (axis != "vertical", axis != "horizontal");
        reference::flip(&images[0], along_x, along_y).into()
    },
    part: Some(Part::Geometry),
};
