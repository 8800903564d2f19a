//! The entry of `pad_mask` in the operator registry.

use super::PadMask;
use crate::pad_to::parameters;
use crate::pad_to::parameters::{HEIGHT, MULTIPLE, POSITION, SQUARE, WIDTH};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "pad_mask",
    summary: "The mask of an image that `pad_to` pads: 1 where the image is, 0 in the padding, as a u8 image of one channel.",
    equals: "transformers' `pixel_mask`",
    inputs: 1,
    parameters: &[WIDTH, HEIGHT, SQUARE, MULTIPLE, POSITION],
    build: |values| {
        let size = parameters::size(super::KIND, values)?;
        shared(PadMask { size })
    },
    read: |operator| read(operator, |mask: &PadMask| parameters::values(&mask.size)),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
