//! The entry of `random_flip` in the operator registry.

use super::RandomFlip;
use crate::contract::OperatorError;
use crate::random::ranges::probability;
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{OperatorSpec, Values, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "random_flip",
    summary: "Each image mirrored at random, of any sample type of images and layout.",
    equals: "in distribution torchvision `RandomHorizontalFlip`, `RandomVerticalFlip`; in pixels OpenCV `flip`",
    inputs: 1,
    parameters: &[
        probability(
            "horizontal",
            0.5,
            "The probability of exchanging left and right.",
            "horizontal = 0.5",
        ),
        probability(
            "vertical",
            0.0,
            "The probability of exchanging top and bottom.",
            "vertical = 0.5",
        ),
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |flip: &RandomFlip| {
            let (horizontal, vertical) = flip.probabilities();
            let [seed, stream] = flip.stream.values();
            [horizontal.into(), vertical.into(), seed, stream]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<RandomFlip, OperatorError> {
    let flip = RandomFlip::new(values.number("horizontal"), values.number("vertical"))?;
    let stream = Stream::of(values);
    Ok(RandomFlip { stream, ..flip })
}
