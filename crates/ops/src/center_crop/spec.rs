//! The entry of `center_crop` in the operator registry.

use super::{CenterCrop, CenterCropLike};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, Value, choice, read, shared, value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "center_crop",
    summary: "The middle of an image, of any sample type of images and layout.",
    equals: "an array slice, torchvision `CenterCrop` or transformers `center_crop`, by `like`",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 224"),
        ParameterSpec::side("height", "Height of the output.", "height = 224"),
        ParameterSpec {
            name: "like",
            value_type: choice!(CenterCropLike),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("numpy"))),
            unit: "",
            doc: "The library whose rounding it has; all but `numpy` pad images that are too small with zeros.",
            example: "like = \"torchvision\"",
        },
    ],
    build: |values| {
        let crop = CenterCrop::new(values.integer("width"), values.integer("height"))?;
        shared(crop.like(values.choice("like")?))
    },
    read: |operator| {
        read(operator, |crop: &CenterCrop| {
            [
                crop.width().into(),
                crop.height().into(),
                crop.convention().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(CenterCropLike);
