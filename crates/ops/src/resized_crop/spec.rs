//! The entry of `resized_crop` in the operator registry.

use super::sampling::{FILTER, INTERPOLATION, LIKE};
use super::{KIND, ResizedCrop, Sampling};
use crate::crop::CropBox;
use crate::spec::{OperatorSpec, ParameterSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A rectangle of an image, resized; one rectangle for all images, or one for each.",
    equals: "an array slice, then OpenCV `resize`, Pillow `Image.resize` or torchvision `resize`",
    inputs: 1,
    parameters: &[
        CropBox::parameter(
            "The rectangle: first column, first row, width and height, inside the input.",
        ),
        ParameterSpec::side("width", "Width of the output.", "width = 224"),
        ParameterSpec::side("height", "Height of the output.", "height = 224"),
        INTERPOLATION,
        FILTER,
        LIKE,
    ],
    build: |values| {
        let (width, height) = (values.integer("width"), values.integer("height"));
        let crop = match CropBox::of_values(KIND, values)? {
            Some(of_all) => ResizedCrop::new(of_all, width, height)?,
            None => ResizedCrop::given(width, height)?,
        };
        shared(crop.sampled(Sampling::of_values(KIND, values)?)?)
    },
    read: |operator| {
        read(operator, |crop: &ResizedCrop| {
            let (width, height) = crop.size();
            let [interpolation, filter, like] = crop.sampling().values();
            [
                CropBox::value(crop.crop_box()),
                width.into(),
                height.into(),
                interpolation,
                filter,
                like,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
