//! The entry of `color_space` in the operator registry.

use super::{ColorSpace, ColorSpaceConversion, KIND};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, choice, read, shared, value_from_choice,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image of three channels in another color space: RGB or BGR from and to HSV, HLS, YCrCb, YUV, XYZ and Lab.",
    equals: "OpenCV `cvtColor`, with one formula for all columns where OpenCV has two",
    inputs: 1,
    parameters: &[ParameterSpec {
        name: "conversion",
        value_type: choice!(ColorSpaceConversion),
        default: ParameterDefault::Required,
        unit: "",
        doc: "The conversion; hues are 0 to 179, of `hsv_full` 0 to 255.",
        example: "conversion = \"rgb_to_hsv\"",
    }],
    build: |values| shared(ColorSpace::new(values.choice("conversion")?)),
    read: |operator| read(operator, |color: &ColorSpace| [color.conversion().into()]),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ColorSpaceConversion);
