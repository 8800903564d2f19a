//! Random cases and the reference of `random_gray` for tests.

use super::RandomGray;
use super::reference;
use super::spec::build;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = random.pick(&[1, 3]);
        let gray = RandomGray::new(random.number(0.3, 1.0))?;
        shared(
            gray.seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        reference::random_gray(&images[0].u8_image(), &operator, 0, 0).into()
    },
    part: None,
};
