//! The entry of `gamma` in the operator registry.

use super::{Gamma, KIND};
use crate::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, read, shared};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "The samples, as numbers from 0 to 1, to a power; any number of channels.",
    equals: "OpenCV `LUT` with `np.rint(255 * (np.arange(256) / 255) ** gamma)`",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "gamma",
        value_type: ParameterType::Number {
            range: "above 0, at most 100",
            refused: &[0.0, -1.0, 100.1, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Required,
        unit: "",
        doc: "Exponent: below 1 the image becomes lighter, above 1 darker.",
        example: "gamma = 0.45",
    }],
    build: |values| shared(Gamma::new(values.number("gamma"))?),
    read: |operator| read(operator, |gamma: &Gamma| [gamma.gamma().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
