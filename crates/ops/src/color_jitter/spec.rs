//! The entry of `color_jitter` in the operator registry.

use super::{ColorJitter, KIND};
use crate::contract::OperatorError;
use crate::random::ranges::range;
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{OperatorSpec, Values, read, shared};

const FACTORS: &str = "the least and the largest, from 0 to 1000000";

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Each gray or RGB image with another brightness, contrast, saturation and hue, changed in a random order.",
    equals: "in distribution torchvision `ColorJitter`; in pixels its functions of u8 tensors, one after the other",
    inputs: 1,
    parameters: &[
        range(
            "brightness",
            FACTORS,
            &[1.0, 1.0],
            "Factors of the brightness.",
            "brightness = [0.6, 1.4]",
        ),
        range(
            "contrast",
            FACTORS,
            &[1.0, 1.0],
            "Factors of the contrast.",
            "contrast = [0.6, 1.4]",
        ),
        range(
            "saturation",
            FACTORS,
            &[1.0, 1.0],
            "Factors of the saturation.",
            "saturation = [0.6, 1.4]",
        ),
        range(
            "hue",
            "the least and the largest, from -0.5 to 0.5",
            &[0.0, 0.0],
            "Turns of the hue, in parts of the circle.",
            "hue = [-0.1, 0.1]",
        ),
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |jitter: &ColorJitter| {
            let [brightness, contrast, saturation, hue] = jitter.ranges();
            let [seed, stream] = jitter.stream.values();
            [
                brightness.into(),
                contrast.into(),
                saturation.into(),
                hue.into(),
                seed,
                stream,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<ColorJitter, OperatorError> {
    let jitter = ColorJitter::new()
        .brightness(values.array("brightness"))?
        .contrast(values.array("contrast"))?
        .saturation(values.array("saturation"))?
        .hue(values.array("hue"))?;
    let stream = Stream::of(values);
    Ok(ColorJitter { stream, ..jitter })
}
