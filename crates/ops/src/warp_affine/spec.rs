//! The entry of `warp_affine` in the operator registry.

use super::{KIND, WarpAffine};
use crate::spec::{INPUT, OperatorSpec, ParameterType, Value, read, shared};
use crate::warp::operator::MATRIX;
use crate::warp::parameters;

static NUMBERS: ParameterType = ParameterType::Numbers {
    count: Some(6),
    range: "at most 1e30 each; invertible unless `inverse`",
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image that is rotated, scaled, sheared and moved by a 2x3 matrix.",
    equals: "OpenCV `warpAffine`",
    inputs: 1,
    parameters: &[
        parameters::WIDTH,
        parameters::HEIGHT,
        parameters::matrix(&NUMBERS, "matrix = [1, 0, 16, 0, 1, 16]"),
        parameters::INVERSE,
        parameters::VALUE,
        parameters::INTERPOLATION,
        parameters::BORDER,
    ],
    build: |values| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side));
        let inverse = values.flag("inverse");
        let warp = match values.is_input(MATRIX.1) {
            true => WarpAffine::given(inverse, width, height)?,
            false => WarpAffine::with_direction(values.array(MATRIX.1), inverse, width, height)?,
        };
        shared(warp.sampling(parameters::sampling(values)?))
    },
    read: |operator| {
        read(operator, |warp: &WarpAffine| {
            let (width, height) = warp.size();
            let sampling = warp.sampled();
            [
                width.into(),
                height.into(),
                warp.matrix().map_or(INPUT.into(), Value::from),
                warp.is_inverse().into(),
                sampling.value.into(),
                sampling.interpolation.into(),
                sampling.border.into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
