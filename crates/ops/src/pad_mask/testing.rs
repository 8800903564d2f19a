//! Random cases and the reference of `pad_mask` for tests.

use super::{PadMask, reference};
use crate::pad_to::testing::{size, sizes};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let size = size(random, *shape)?;
        shared(PadMask { size }.largest(random.within(0, 1) == 0))
    },
    reference: |values, images| {
        let shape = images[0].shape;
        let (least, square, multiple, centered) = sizes(values);
        let size = [shape.width, shape.height].map(|side| side as usize);
        reference::pad_mask(size, least, square, multiple, centered).into()
    },
    part: None,
};
