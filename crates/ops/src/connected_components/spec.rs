//! The entry of `connected_components` in the operator registry.

use super::{ConnectedComponents, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, read, shared,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The connected components of the pixels of a gray image that are not 0, numbered from 1 on, as i32 samples.",
    equals: "OpenCV `connectedComponentsWithAlgorithm` with `CCL_WU`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "connectivity",
        value_type: ParameterType::Integer {
            least: 4,
            most: 8,
            odd: false,
        },
        default: ParameterDefault::Value(Value::Integer(8)),
        unit: "neighbors",
        doc: "4, or 8 where pixels that share a corner are connected, too.",
        example: "connectivity = 4",
    }],
    build: |values| shared(ConnectedComponents::new(values.integer("connectivity"))?),
    read: |operator| {
        read(operator, |components: &ConnectedComponents| {
            [components.connectivity().into()]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
