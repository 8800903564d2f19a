//! The entry of `perspective` in the operator registry.

use super::{END, KIND, Perspective, START};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};
use crate::warp::grid::numbers::value_of;
use crate::warp::grid::parameters;

static POINTS: ParameterType = ParameterType::Numbers {
    count: Some(8),
    range: "integers of at most 1048576; no three end points on a line",
};

const fn points(name: &'static str, doc: &'static str, example: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::OrInput(&POINTS),
        default: ParameterDefault::Required,
        unit: "pixels",
        doc,
        example,
    }
}

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image of which four points are moved to four others, by a perspective.",
    equals: "torchvision `perspective` of u8 tensors",
    inputs: 1,
    parameters: &[
        points(
            START.place.1,
            "x and y of four points of the image.",
            "startpoints = [0, 0, 639, 0, 639, 479, 0, 479]",
        ),
        points(
            END.place.1,
            "x and y of the four points of the output where they go.",
            "endpoints = [40, 25, 600, 0, 639, 470, 10, 440]",
        ),
        parameters::interpolation("bilinear"),
        parameters::VALUE,
        parameters::LIKE,
    ],
    build: |values| {
        let perspective = Perspective::with(START.of_values(values), END.of_values(values))?;
        shared(perspective.sampling(parameters::sampling(values)?))
    },
    read: |operator| {
        read(operator, |perspective: &Perspective| {
            let [start, end] = perspective.points().map(value_of);
            let [interpolation, value, like] = parameters::values(perspective.sampled());
            [start, end, interpolation, value, like]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
