//! Random cases and the reference of `sobel` for tests.

use super::reference;
use super::{Sobel, SobelOutput};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let sobel = Sobel::new(random.pick(&SobelOutput::ALL));
        shared(sobel.with_size(random.pick(&[3, 3, 3, 3, 3, 5, 7]))?)
    },
    reference: |values, images| {
        let (image, size) = (images[0].u8_image(), values.integer("size") as usize);
        match values.name("output") {
            "dx" => reference::sobel_dx_of(&image, size).into(),
            "dy" => reference::sobel_dy_of(&image, size).into(),
            _ => reference::sobel_magnitude_of(&image, size).into(),
        }
    },
    part: Some(Part::Derivative),
};
