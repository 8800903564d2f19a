//! The entry of `gaussian_blur` in the operator registry.

use super::GaussianBlur;
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "gaussian_blur",
    summary: "A Gaussian blur.",
    equals: "OpenCV `GaussianBlur`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "size",
            value_type: ParameterType::odd(3, 31),
            default: ParameterDefault::Required,
            unit: "pixels",
            doc: "Taps on each axis.",
            example: "size = 5",
        },
        ParameterSpec {
            name: "sigma",
            value_type: ParameterType::Number {
                range: "above 0",
                refused: &[0.0, -1.0, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Derived("0.3 (0.5 (size - 1) - 1) + 0.8"),
            unit: "pixels",
            doc: "Standard deviation.",
            example: "sigma = 1.1",
        },
    ],
    build: |values| {
        let blur = GaussianBlur::new(values.integer("size"))?;
        shared(match values.derived_number("sigma") {
            Some(sigma) => blur.sigma(sigma)?,
            None => blur,
        })
    },
    read: |operator| {
        read(operator, |blur: &GaussianBlur| {
            [blur.size().into(), blur.sigma_pixels().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
