//! The entry of `tile` in the operator registry.

use super::{KIND, Tile};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image several times side by side and one above the other, of any sample type of images and layout.",
    equals: "OpenCV `repeat`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "columns",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "images",
            doc: "Times that the image stands side by side.",
            example: "columns = 2",
        },
        ParameterSpec {
            name: "rows",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "images",
            doc: "Times that the image stands one above the other.",
            example: "rows = 2",
        },
    ],
    build: |values| {
        shared(Tile::new(
            values.integer("columns"),
            values.integer("rows"),
        )?)
    },
    read: |operator| {
        read(operator, |tile: &Tile| {
            [tile.columns().into(), tile.rows().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
