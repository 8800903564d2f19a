//! The entry of `normalize` in the operator registry.

use super::Normalize;
use crate::image::{Layout, SampleType};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, read, shared,
};
use std::borrow::Cow;

/// The sample type of the output.
pub(super) fn sample_type(values: &Values) -> SampleType {
    match values.name("sample") {
        "bf16" => SampleType::Bf16,
        "f16" => SampleType::F16,
        _ => SampleType::F32,
    }
}

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "normalize",
    summary: "Floating point samples: `(sample * scale - mean) / std`, channel by channel.",
    equals: "torchvision's `Normalize` to within the rounding of f32",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "mean",
            value_type: ParameterType::Numbers {
                count: None,
                range: "1, 3 or 4, finite",
            },
            default: ParameterDefault::Required,
            unit: "",
            doc: "Means of the scaled samples: one for each channel, or one for all.",
            example: "mean = [0.485, 0.456, 0.406]",
        },
        ParameterSpec {
            name: "std",
            value_type: ParameterType::Numbers {
                count: None,
                range: "as many as means, finite, not 0",
            },
            default: ParameterDefault::Required,
            unit: "",
            doc: "Standard deviations of the scaled samples.",
            example: "std = [0.229, 0.224, 0.225]",
        },
        ParameterSpec {
            name: "scale",
            value_type: ParameterType::Number {
                range: "finite",
                refused: &[f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(1.0 / 255.0)),
            unit: "",
            doc: "Factor of the samples; `scale / std` must fit f32.",
            example: "scale = 0.00392156862745098",
        },
        ParameterSpec {
            name: "sample",
            value_type: ParameterType::Choice(&["f32", "f16", "bf16"]),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("f32"))),
            unit: "",
            doc: "Type of the output samples.",
            example: "sample = \"f32\"",
        },
        ParameterSpec {
            name: "layout",
            value_type: ParameterType::Choice(&["interleaved", "planar"]),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("interleaved"))),
            unit: "",
            doc: "Layout of the output channels.",
            example: "layout = \"planar\"",
        },
    ],
    build: |values| {
        let sample = sample_type(values);
        let layout = match values.name("layout") {
            "planar" => Layout::Planar,
            _ => Layout::Interleaved,
        };
        let normalize = Normalize::new(values.numbers("mean"), values.numbers("std"))?;
        shared(
            normalize
                .scale(values.number("scale"))?
                .sample(sample)?
                .layout(layout),
        )
    },
    read: |operator| {
        read(operator, |normalize: &Normalize| {
            [
                normalize.means().into(),
                normalize.deviations().into(),
                normalize.scale_factor().into(),
                normalize.sample_type().name().into(),
                match normalize.output_layout() {
                    Layout::Planar => "planar",
                    Layout::Interleaved => "interleaved",
                }
                .into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
