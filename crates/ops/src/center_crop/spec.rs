//! The entry of `center_crop` in the operator registry.

use super::CenterCrop;
use crate::spec::{OperatorSpec, ParameterSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "center_crop",
    summary: "The middle of an image.",
    equals: "torchvision's `CenterCrop`, rounded down",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 224"),
        ParameterSpec::side("height", "Height of the output.", "height = 224"),
    ],
    build: |values| {
        shared(CenterCrop::new(
            values.integer("width"),
            values.integer("height"),
        )?)
    },
    read: |operator| {
        read(operator, |crop: &CenterCrop| {
            [crop.width().into(), crop.height().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
