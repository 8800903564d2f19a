//! The entry of `dilate` in the operator registry.

use super::{Dilate, KIND};
use crate::element::parameters::{
    ANCHOR, BORDER, HEIGHT, ITERATIONS, SHAPE, SIZE, VALUE, values, window,
};
use crate::spec::{OperatorSpec, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The largest sample of a window around each: a rectangle, a cross or an ellipse.",
    equals: "OpenCV `dilate`",
    inputs: 1,
    parameters: &[SIZE, HEIGHT, SHAPE, ANCHOR, ITERATIONS, BORDER, VALUE],
    build: |given| shared(Dilate::with_window(window(KIND, given)?)?),
    read: |operator| read(operator, |made: &Dilate| values(&made.window())),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
