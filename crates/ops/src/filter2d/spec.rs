//! The entry of `filter2d` in the operator registry.

use super::{Filter2d, FilterBorder, FilterOutput, KIND, MAX_TAPS};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
};
use std::borrow::Cow;

/// A column or row of the kernel.
const ANCHOR: ParameterType = ParameterType::Integer {
    least: 0,
    most: MAX_TAPS - 1,
    odd: false,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "A linear filter with any kernel of up to 129 numbers.",
    equals: "OpenCV `filter2D` on CPUs with FMA",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "kernel",
            value_type: ParameterType::Numbers {
                count: None,
                range: "1 to 129, whose magnitudes sum to at most 8000000",
            },
            default: ParameterDefault::Required,
            unit: "",
            doc: "The numbers by which samples are multiplied, row by row.",
            example: "kernel = [0, -1, 0, -1, 5, -1, 0, -1, 0]",
        },
        ParameterSpec {
            name: "columns",
            value_type: ParameterType::Integer {
                least: 1,
                most: MAX_TAPS,
                odd: false,
            },
            default: ParameterDefault::Derived("the side of a square kernel"),
            unit: "numbers",
            doc: "The numbers of a row of the kernel.",
            example: "columns = 3",
        },
        ParameterSpec {
            name: "anchor_x",
            value_type: ANCHOR,
            default: ParameterDefault::Derived("columns / 2, rounded down"),
            unit: "numbers",
            doc: "The column of the kernel, counted from 0, that lies on the sample.",
            example: "anchor_x = 1",
        },
        ParameterSpec {
            name: "anchor_y",
            value_type: ANCHOR,
            default: ParameterDefault::Derived("rows / 2, rounded down"),
            unit: "numbers",
            doc: "The row of the kernel, counted from 0, that lies on the sample.",
            example: "anchor_y = 1",
        },
        ParameterSpec {
            name: "delta",
            value_type: ParameterType::Number {
                range: "-1000000 to 1000000",
                refused: &[-1_000_001.0, 1_000_001.0, f64::NAN, f64::INFINITY],
            },
            default: ParameterDefault::Value(Value::Number(0.0)),
            unit: "samples",
            doc: "The number that is added to each sum.",
            example: "delta = 128",
        },
        ParameterSpec {
            name: "border",
            value_type: choice!(FilterBorder),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("reflect_101"))),
            unit: "",
            doc: "What lies outside the image: zeros, the nearest pixel, or the image mirrored with or without its border pixels.",
            example: "border = \"replicate\"",
        },
        ParameterSpec {
            name: "output",
            value_type: choice!(FilterOutput),
            default: ParameterDefault::Value(Value::Name(Cow::Borrowed("clamped"))),
            unit: "",
            doc: "`clamped` gives u8 samples of 0 to 255, `signed` i16 samples.",
            example: "output = \"clamped\"",
        },
    ],
    build: |values| {
        let kernel = values.numbers("kernel");
        let filter = Filter2d::of(kernel, values.derived_integer("columns"))?;
        let [x, y] = ["anchor_x", "anchor_y"].map(|name| values.derived_integer(name));
        let filter = filter
            .with_anchor(x, y)?
            .with_delta(values.number("delta"))?;
        let filter = filter.with_border(values.choice("border")?);
        shared(filter.with_output(values.choice("output")?))
    },
    read: |operator| {
        read(operator, |filter: &Filter2d| {
            [
                filter.kernel().into(),
                filter.kernel.given_columns.into(),
                filter.anchor_x.into(),
                filter.anchor_y.into(),
                filter.delta().into(),
                filter.border().into(),
                filter.output().into(),
            ]
        })
    },
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};
