//! The entry of `canny` in the operator registry.

use super::{Canny, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

/// A threshold of magnitudes.
const fn threshold(name: &'static str, doc: &'static str, example: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::Number {
            range: "0 to 1000000",
            refused: &[-0.1, 1_000_001.0, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc,
        example,
    }
}

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The edges of an image as lines of one pixel: 255 on them, 0 elsewhere.",
    equals: "OpenCV `Canny`",
    inputs: 1,
    parameters: &[
        threshold(
            "low",
            "The magnitude above which a pixel continues an edge.",
            "low = 100",
        ),
        threshold(
            "high",
            "The magnitude above which a pixel begins an edge; where it is below `low`, the two change places.",
            "high = 200",
        ),
        ParameterSpec {
            name: "aperture",
            value_type: ParameterType::odd(3, 7),
            default: ParameterDefault::Value(Value::Integer(3)),
            unit: "pixels",
            doc: "Width and height of the Sobel kernels.",
            example: "aperture = 5",
        },
        ParameterSpec {
            name: "l2_gradient",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether a magnitude is the Euclidean length of the gradient, and not the sum of the absolute derivatives.",
            example: "l2_gradient = true",
        },
    ],
    build: |values| {
        let canny = Canny::new(values.number("low"), values.number("high"))?;
        let canny = canny.with_aperture(values.integer("aperture"))?;
        shared(canny.with_l2_gradient(values.flag("l2_gradient")))
    },
    read: |operator| {
        read(operator, |canny: &Canny| {
            [
                canny.low().into(),
                canny.high().into(),
                canny.aperture().into(),
                canny.l2_gradient().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
