//! The entry of `random_gray` in the operator registry.

use super::{KIND, RandomGray};
use crate::contract::OperatorError;
use crate::random::ranges::probability;
use crate::random::{SEED, STREAM, Stream};
use crate::spec::{OperatorSpec, Values, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Some of the images gray, with as many channels as before; gray and RGB images.",
    equals: "in distribution torchvision `RandomGrayscale`; in pixels its `rgb_to_grayscale` of u8 tensors",
    inputs: 1,
    parameters: &[
        probability(
            "probability",
            0.1,
            "The probability that an image becomes gray.",
            "probability = 0.2",
        ),
        SEED,
        STREAM,
    ],
    build: |values| shared(build(values)?),
    read: |operator| {
        read(operator, |gray: &RandomGray| {
            let [seed, stream] = gray.stream.values();
            [gray.probability().into(), seed, stream]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

pub(super) fn build(values: &Values) -> Result<RandomGray, OperatorError> {
    let gray = RandomGray::new(values.number("probability"))?;
    let stream = Stream::of(values);
    Ok(RandomGray { stream, ..gray })
}
