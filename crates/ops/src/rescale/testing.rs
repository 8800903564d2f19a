//! Random cases and the reference of `rescale` for tests.

use super::{Rescale, RescaleLike, reference};
use crate::float_table::testing::{output, samples};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let output = output(random, super::KIND)?;
        let scale = match random.within(0, 3) {
            0 => 1.0 / 255.0,
            1 => 1.0 / 127.5,
            // Numbers below and among the smallest f32.
            2 => random.number(-1e-38, 1e-40),
            _ => random.number(-3.0, 3.0),
        };
        shared(
            Rescale::new(scale)?
                .offset(random.within(0, 1) == 1)?
                .like(random.pick(&RescaleLike::ALL))?
                .sample(output.sample())?
                .layout(output.layout),
        )
    },
    reference: |values, images| {
        let like = values.name("like").parse().expect("a convention");
        let scale = values.number("scale");
        let numbers = reference::rescale(&images[0].u8_image(), scale, values.flag("offset"), like);
        samples(values, numbers)
    },
    part: Some(Part::Final),
};
