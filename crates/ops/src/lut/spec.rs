//! The entry of `lut` in the operator registry.

use super::{KIND, Lut};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The entry of a table for each sample; one table for all channels, which may be any, or one for each of 3 or 4.",
    equals: "OpenCV `LUT`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "table",
        value_type: ParameterType::Numbers {
            count: None,
            range: "1 to 256 integers from 0 to 255 for all channels, or 256 for each of 3 or 4",
        },
        default: ParameterDefault::Required,
        unit: "samples",
        doc: "What each value of a sample becomes, from that of 0 on; values that are not in the table stay as they are.",
        example: "table = [0, 3, 1, 2]",
    }],
    build: |values| shared(Lut::from_numbers(values.numbers("table"))?),
    read: |operator| read(operator, |lut: &Lut| [lut.table().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
