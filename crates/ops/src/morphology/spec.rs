//! The entry of `morphology` in the operator registry.

use super::{KIND, Morphology, MorphologyOperation};
use crate::element::parameters::{
    ANCHOR, BORDER, HEIGHT, ITERATIONS, SHAPE, SIZE, VALUE, values, window,
};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, choice, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "Opening, closing, gradient, top hat or black hat: what erosions and dilations with a window make together.",
    equals: "OpenCV `morphologyEx`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "operation",
            value_type: choice!(MorphologyOperation),
            default: ParameterDefault::Required,
            unit: "",
            doc: "What is computed: the dilation of the erosion, the erosion of the dilation, the dilation less the erosion, the image less its opening, or the closing less the image.",
            example: "operation = \"open\"",
        },
        SIZE,
        HEIGHT,
        SHAPE,
        ANCHOR,
        ITERATIONS,
        BORDER,
        VALUE,
    ],
    build: |given| {
        let operation = given.choice("operation")?;
        shared(Morphology::with_window(operation, window(KIND, given)?)?)
    },
    read: |operator| {
        read(operator, |made: &Morphology| {
            let [size, height, shape, anchor, iterations, border, value] = values(&made.window());
            let operation = made.operation().into();
            [
                operation, size, height, shape, anchor, iterations, border, value,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
