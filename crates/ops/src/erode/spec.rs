//! The entry of `erode` in the operator registry.

use super::{Erode, KIND};
use crate::element::parameters::{
    ANCHOR, BORDER, HEIGHT, ITERATIONS, SHAPE, SIZE, VALUE, values, window,
};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The smallest sample of a window around each: a rectangle, a cross or an ellipse.",
    equals: "OpenCV `erode`",
    inputs: 1,
    parameters: &[SIZE, HEIGHT, SHAPE, ANCHOR, ITERATIONS, BORDER, VALUE],
    build: |given| shared(Erode::with_window(window(KIND, given)?)?),
    read: |operator| read(operator, |made: &Erode| values(&made.window())),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
