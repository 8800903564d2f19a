//! Random cases and the reference of `connected_components` for tests.

use super::{ConnectedComponents, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = 1;
        shared(ConnectedComponents::new(random.pick(&[4, 8]))?)
    },
    reference: |values, images| {
        let connectivity = values.integer("connectivity");
        reference::connected_components(&images[0].u8_image(), connectivity).into()
    },
    part: None,
};
