//! The entry of `random_crop` in the operator registry.

use super::{KIND, RandomCrop, refused_padding};
use crate::contract::{OperatorError, checks};
use crate::gather::PadValue;
use crate::pad::PadMode;
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice, read,
    shared,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A rectangle of each image at a random place, of any sample type of images and layout.",
    equals: "in distribution torchvision `RandomCrop`; in pixels OpenCV `copyMakeBorder` and an array slice",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 32"),
        ParameterSpec::side("height", "Height of the output.", "height = 32"),
        ParameterSpec {
            name: "padding",
            value_type: ParameterType::Numbers {
                count: None,
                range: "one for all sides, two for left and right, and for top and bottom, or four for left, top, right and bottom; integers from 0 to 65536",
            },
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0]))),
            unit: "pixels",
            doc: "The border that is added before the crop.",
            example: "padding = 4",
        },
        ParameterSpec {
            name: "pad_if_needed",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether images that are still smaller than the output are padded by what is missing, at both sides.",
            example: "pad_if_needed = true",
        },
        ParameterSpec {
            name: "mode",
            value_type: choice!(PadMode),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("constant"))),
            unit: "",
            doc: "The border mode.",
            example: "mode = \"reflect_101\"",
        },
        ParameterSpec {
            name: "value",
            value_type: ParameterType::Numbers {
                count: None,
                range: PadValue::RANGE,
            },
            default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0]))),
            unit: "samples",
            doc: "Samples of a constant border.",
            example: "value = [0, 0, 0]",
        },
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |crop: &RandomCrop| {
            let (width, height) = crop.size();
            let (padding, pad_if_needed) = crop.padding_of();
            let [seed, stream] = crop.stream.values();
            [
                width.into(),
                height.into(),
                padding.map(f64::from).into(),
                pad_if_needed.into(),
                crop.pad_mode().into(),
                crop.pad_value().into(),
                seed,
                stream,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<RandomCrop, OperatorError> {
    let crop = RandomCrop::new(values.integer("width"), values.integer("height"))?
        .padding(padding(values)?)?
        .pad_if_needed(values.flag("pad_if_needed"))
        .mode(values.choice("mode")?)
        .value(values.numbers("value"))?;
    let stream = Stream::of(values);
    Ok(RandomCrop { stream, ..crop })
}

/// The pixels at the left, top, right and bottom.
fn padding(values: &Values) -> Result<[u32; 4], OperatorError> {
    let sides = match *values.numbers("padding") {
        [all] => [all; 4],
        [across, down] => [across, down, across, down],
        [left, top, right, bottom] => [left, top, right, bottom],
        _ => return Err(refused_padding(values.text("padding"))),
    };
    let most = f64::from(checks::MAX_SIDE);
    let possible = |side: &f64| side.fract() == 0.0 && (0.0..=most).contains(side);
    match sides.iter().all(possible) {
        true => Ok(sides.map(|side| side as u32)),
        false => Err(refused_padding(values.text("padding"))),
    }
}
