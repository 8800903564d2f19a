//! Random cases and the reference of `tile` for tests.

use super::{Tile, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        shared(Tile::new(random.within(1, 4), random.within(1, 4))?)
    },
    reference: |values, images| {
        let [columns, rows] = ["columns", "rows"].map(|name| values.integer(name) as usize);
        images[0].copied(|image| reference::tile(image, columns, rows))
    },
    part: None,
};
