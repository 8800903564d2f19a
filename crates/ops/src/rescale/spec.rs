//! The entry of `rescale` in the operator registry.

use super::{Rescale, RescaleLike};
use crate::float_table::{FloatOutput, LAYOUT, SAMPLE};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "rescale",
    summary: "Floating point samples: `sample * scale`, or `sample * scale - 1`.",
    equals: "transformers `rescale`, by `like`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "scale",
            value_type: ParameterType::Number {
                range: "finite",
                refused: &[f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(1.0 / 255.0)),
            unit: "",
            doc: "Factor of the samples (`rescale_factor` of transformers); 255 times the factor must fit f32.",
            example: "scale = 0.00784313725490196",
        },
        ParameterSpec {
            name: "offset",
            value_type: ParameterType::Flag,
            default: ParameterDefault::Value(Value::Flag(false)),
            unit: "",
            doc: "Whether 1 is subtracted from the products (`rescale_offset` of transformers).",
            example: "offset = true",
        },
        ParameterSpec {
            name: "like",
            value_type: choice!(RescaleLike),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("transformers"))),
            unit: "",
            doc: "Library whose operations are repeated: transformers with the backend torchvision, whose factor is an f32, or with the backend Pillow, whose factor is an f64.",
            example: "like = \"transformers_pillow\"",
        },
        SAMPLE,
        LAYOUT,
    ],
    build: |values| {
        let output = FloatOutput::of_values(values);
        shared(
            Rescale::new(values.number("scale"))?
                .offset(values.flag("offset"))?
                .like(values.choice("like")?)?
                .sample(output.sample())?
                .layout(output.layout),
        )
    },
    read: |operator| {
        read(operator, |rescale: &Rescale| {
            let [sample, layout] = rescale.output.values();
            [
                rescale.scale_factor().into(),
                rescale.has_offset().into(),
                rescale.convention().into(),
                sample,
                layout,
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(RescaleLike);
