//! The entry of `random_resized_crop` in the operator registry.

use super::{KIND, RandomResizedCrop};
use crate::contract::OperatorError;
use crate::random::rectangles::{ratio, scale};
use crate::random::{SEED, STREAM, Stream};
use crate::resized_crop::Sampling;
use crate::resized_crop::sampling::{FILTER, INTERPOLATION, LIKE};
use crate::spec::{OperatorSpec, ParameterSpec, Values, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A random rectangle of each image, resized.",
    equals: "in distribution torchvision `RandomResizedCrop`; in pixels `resized_crop` of what is drawn",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of the output.", "width = 224"),
        ParameterSpec::side("height", "Height of the output.", "height = 224"),
        scale(&[0.08, 1.0]),
        ratio(&[3.0 / 4.0, 4.0 / 3.0], "Width / height of the rectangle."),
        INTERPOLATION,
        FILTER,
        LIKE,
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |crop: &RandomResizedCrop| {
            let (width, height) = crop.size();
            let [interpolation, filter, like] = crop.sampling().values();
            let [seed, stream] = crop.stream.values();
            [
                width.into(),
                height.into(),
                crop.areas().into(),
                crop.proportions().into(),
                interpolation,
                filter,
                like,
                seed,
                stream,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<RandomResizedCrop, OperatorError> {
    let crop = RandomResizedCrop::new(values.integer("width"), values.integer("height"))?
        .scale(values.array("scale"))?
        .ratio(values.array("ratio"))?
        .sampled(Sampling::of_values(KIND, values)?)?;
    let stream = Stream::of(values);
    Ok(RandomResizedCrop { stream, ..crop })
}
