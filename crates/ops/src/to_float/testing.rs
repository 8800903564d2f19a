//! Random cases and the reference of `to_float` for tests.

use super::{ToFloat, ToFloatLike, reference};
use crate::float_table::testing::{output, samples};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let output = output(random, super::KIND)?;
        shared(
            ToFloat::new()
                .like(random.pick(&ToFloatLike::ALL))
                .scaled(random.within(0, 3) != 0)
                .sample(output.sample())?
                .layout(output.layout),
        )
    },
    reference: |values, images| {
        let like = values.name("like").parse().expect("a convention");
        let numbers = match values.flag("scaled") {
            true => reference::to_float(&images[0].u8_image(), like),
            false => reference::to_unscaled_float(&images[0].u8_image()),
        };
        samples(values, numbers)
    },
    part: Some(Part::Final),
};
