//! Random cases and the reference of `sobel` for tests.

use super::reference;
use super::{Sobel, SobelOutput};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| shared(Sobel::new(random.pick(&SobelOutput::ALL))),
    reference: |values, images| match values.name("output") {
        "dx" => reference::sobel_dx(&images[0].u8_image()).into(),
        "dy" => reference::sobel_dy(&images[0].u8_image()).into(),
        _ => reference::sobel_magnitude(&images[0].u8_image()).into(),
    },
    part: Some(Part::Derivative),
};
