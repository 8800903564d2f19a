//! The entry of `clahe` in the operator registry.

use super::{Clahe, KIND, MAX_TILES};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A gray image with an even distribution of the values of its tiles, with a limit of the contrast.",
    equals: "OpenCV `createCLAHE`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "clip_limit",
            value_type: ParameterType::Number {
                range: "0 to 255",
                refused: &[-0.1, 255.1, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(40.0)),
            unit: "",
            doc: "The most pixels of a value in a tile, in parts of those of an even distribution; 0 for no limit.",
            example: "clip_limit = 2",
        },
        ParameterSpec {
            name: "columns",
            value_type: ParameterType::Integer {
                least: 1,
                most: MAX_TILES,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(8)),
            unit: "tiles",
            doc: "Tiles along x.",
            example: "columns = 8",
        },
        ParameterSpec {
            name: "rows",
            value_type: ParameterType::Integer {
                least: 1,
                most: MAX_TILES,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(8)),
            unit: "tiles",
            doc: "Tiles along y.",
            example: "rows = 8",
        },
    ],
    build: |values| {
        let (columns, rows) = (values.integer("columns"), values.integer("rows"));
        shared(Clahe::new(values.number("clip_limit"), columns, rows)?)
    },
    read: |operator| {
        read(operator, |clahe: &Clahe| {
            let (columns, rows) = clahe.tiles();
            [clahe.clip_limit().into(), columns.into(), rows.into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
