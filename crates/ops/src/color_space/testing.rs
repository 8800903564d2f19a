//! Random cases and the reference of `color_space` for tests.

use super::{ColorSpace, ColorSpaceConversion, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        shape.channels = 3;
        shared(ColorSpace::new(random.pick(&ColorSpaceConversion::ALL)))
    },
    reference: |values, images| {
        let conversion = values.choice("conversion").expect("a conversion");
        reference::convert_color_space(&images[0].u8_image(), conversion).into()
    },
    part: None,
};
