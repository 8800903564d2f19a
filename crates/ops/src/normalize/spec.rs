//! The entry of `normalize` in the operator registry.

use super::{Normalize, NormalizeLike};
use crate::float_table::{FloatOutput, LAYOUT, SAMPLE};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "normalize",
    summary: "Floating point samples: `(sample * scale - mean) / std`, channel by channel.",
    equals: "torchvision and transformers, by `like`",
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
            name: "like",
            value_type: choice!(NormalizeLike),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("torchvision"))),
            unit: "",
            doc: "Library whose operations are repeated: `ToTensor` and `Normalize` of torchvision, `ToDtype` and `Normalize` of its v2, an image processor of transformers with the backend torchvision or Pillow, or one multiply-add.",
            example: "like = \"transformers\"",
        },
        ParameterSpec {
            name: "scale",
            value_type: ParameterType::Number {
                range: "finite; 1/255 for torchvision and torchvision_v2",
                refused: &[f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(1.0 / 255.0)),
            unit: "",
            doc: "Factor of the samples (`rescale_factor` of transformers). The results must fit f32.",
            example: "scale = 0.00392156862745098",
        },
        SAMPLE,
        LAYOUT,
    ],
    build: |values| {
        let normalize = Normalize::new(values.numbers("mean"), values.numbers("std"))?;
        let output = FloatOutput::of_values(values);
        shared(
            normalize
                .like(values.choice("like")?)?
                .scale(values.number("scale"))?
                .sample(output.sample())?
                .layout(output.layout),
        )
    },
    read: |operator| {
        read(operator, |normalize: &Normalize| {
            let [sample, layout] = normalize.output.values();
            [
                normalize.means().into(),
                normalize.deviations().into(),
                normalize.convention().into(),
                normalize.scale_factor().into(),
                sample,
                layout,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(NormalizeLike);
