//! The entry of `flip` in the operator registry.

use super::{AXIS, Flip, FlipAxis};
use crate::spec::{
    INPUT, OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read,
    shared, value_from_choice,
};
use std::borrow::Cow;

static NAMES: ParameterType = choice!(FlipAxis);

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "flip",
    summary: "A mirrored image, of any sample type of images and layout.",
    equals: "OpenCV `flip`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: AXIS.1,
        value_type: ParameterType::OrInput(&NAMES),
        default: ParameterDefault::Value(Value::Name(Cow::Borrowed("horizontal"))),
        unit: "",
        doc: "`horizontal` exchanges left and right, `vertical` top and bottom. For each image: 0 none, 1 horizontal, 2 vertical, 3 both.",
        example: "axis = \"horizontal\"",
    }],
    build: |values| {
        shared(match values.is_input(AXIS.1) {
            true => Flip::given(),
            false => Flip::new(values.choice(AXIS.1)?),
        })
    },
    read: |operator| {
        read(operator, |flip: &Flip| {
            [flip.axis().map_or(INPUT.into(), Value::from)]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(FlipAxis);
