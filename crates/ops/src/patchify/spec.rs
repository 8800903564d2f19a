//! The entry of `patchify` in the operator registry.

use super::{PatchOrder, Patchify};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};
use std::borrow::Cow;

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: "patchify",
    summary: "The matrix of an image's patches, one row for each, of any sample type of images and layout.",
    equals: "the patches of transformers' Qwen2-VL, SigLIP 2, Gemma 4 and Idefics3 processors",
    inputs: 1,
    parameters: &[
        ParameterSpec::side("width", "Width of a patch.", "width = 14"),
        ParameterSpec::side("height", "Height of a patch.", "height = 14"),
        ParameterSpec {
            name: "merge",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "patches",
            doc: "Width and height of the groups in which patches follow one another.",
            example: "merge = 2",
        },
        ParameterSpec {
            name: "temporal",
            value_type: ParameterType::Integer {
                least: 1,
                most: Patchify::MOST_TEMPORAL,
                odd: false,
            },
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "frames",
            doc: "Times that the image is repeated along the axis of time.",
            example: "temporal = 2",
        },
        ParameterSpec {
            name: "order",
            value_type: choice!(PatchOrder),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("cthw"))),
            unit: "",
            doc: "The axes in a row: channel, time, row and column of the patch; the last one changes fastest.",
            example: "order = \"thwc\"",
        },
    ],
    build: |values| {
        let patchify = Patchify::new(values.integer("width"), values.integer("height"))?;
        let patchify = patchify
            .merge(values.integer("merge"))?
            .temporal(values.integer("temporal"))?;
        shared(patchify.order(values.choice("order")?))
    },
    read: |operator| {
        read(operator, |patchify: &Patchify| {
            [
                patchify.width().into(),
                patchify.height().into(),
                patchify.merge_size().into(),
                patchify.repetitions().into(),
                patchify.row_order().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(PatchOrder);
