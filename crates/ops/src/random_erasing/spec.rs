//! The entry of `random_erasing` in the operator registry.

use super::{KIND, RandomErasing};
use crate::contract::OperatorError;
use crate::erase::spec::VALUE;
use crate::random::ranges::probability;
use crate::random::rectangles::{ratio, scale};
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{OperatorSpec, Values, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Each image, of any sample type of images and layout, with a constant in a random rectangle.",
    equals: "in distribution torchvision `RandomErasing`; in pixels an assignment to an array slice",
    inputs: 1,
    parameters: &[
        probability(
            "probability",
            0.5,
            "The probability that something is erased.",
            "probability = 0.25",
        ),
        scale(&[0.02, 0.33]),
        ratio(&[0.3, 3.3], "Height / width of the rectangle."),
        VALUE,
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |erasing: &RandomErasing| {
            let [seed, stream] = erasing.stream.values();
            [
                erasing.probability().into(),
                erasing.areas().into(),
                erasing.proportions().into(),
                erasing.constant().into(),
                seed,
                stream,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<RandomErasing, OperatorError> {
    let erasing = RandomErasing::new(values.number("probability"))?
        .scale(values.array("scale"))?
        .ratio(values.array("ratio"))?
        .value(values.numbers("value"))?;
    let stream = Stream::of(values);
    Ok(RandomErasing { stream, ..erasing })
}
