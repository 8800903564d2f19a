//! Random cases and the reference of `convert_scale_abs` for tests.

use super::ConvertScaleAbs;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let (alpha, beta) = (random.number(-3.0, 3.0), random.number(-300.0, 300.0));
        shared(ConvertScaleAbs::new(alpha, beta)?)
    },
    reference: |values, images| {
        let (alpha, beta) = (values.number("alpha"), values.number("beta"));
        reference::convert_scale_abs(&images[0].u8_image(), alpha, beta).into()
    },
    part: None,
};
