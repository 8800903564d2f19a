//! The entry of `resample` in the operator registry.

use super::forms::size_of;
use super::{KIND, Resample, ResampleFilter, ResampleLike, ResampleSize};
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, choice, read, shared,
    value_from_choice,
};

pub(crate) static SPEC: OperatorSpec = OperatorSpec {
    kind: KIND,
    summary: "An image of another size, antialiased: the resize of Pillow and torchvision.",
    equals: "Pillow `Image.resize`; torchvision `resize` with `antialias=True`",
    inputs: 1,
    parameters: &[
        ParameterSpec {
            name: "like",
            value_type: choice!(ResampleLike),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The library, and its version or device, whose samples the output equals.",
            example: "like = \"pillow13\"",
        },
        ParameterSpec {
            name: "filter",
            value_type: choice!(ResampleFilter),
            default: ParameterDefault::Required,
            unit: "",
            doc: "The filter; Pillow has all, torchvision bilinear, bicubic, lanczos, torch_cuda the first two of these.",
            example: "filter = \"bicubic\"",
        },
        size(
            "width",
            "Width of the output.",
            "width = 224",
            "none, where the size has another form",
        ),
        size(
            "height",
            "Height of the output.",
            "height = 224",
            "none, where the size has another form",
        ),
        size(
            "shortest_edge",
            "The shorter edge of the output, which keeps the proportions.",
            "shortest_edge = 224",
            "none, where the size has another form",
        ),
        size(
            "longest_edge",
            "The longer edge of the output, which keeps the proportions.",
            "longest_edge = 1024",
            "none, where the size has another form",
        ),
        size(
            "max_size",
            "The most pixels of the longer edge, with `shortest_edge`.",
            "max_size = 1333",
            "no limit",
        ),
        ParameterSpec {
            name: "rounding",
            value_type: ParameterType::Choice(&["torchvision", "detr", "sam", "idefics3"]),
            default: ParameterDefault::Derived(
                "torchvision for `shortest_edge`, sam for `longest_edge`",
            ),
            unit: "",
            doc: "The rounding of the other edge: torchvision or detr for `shortest_edge`, sam or idefics3 for `longest_edge`.",
            example: "rounding = \"detr\"",
        },
        size(
            "max_width",
            "The most columns of the output, with `max_height`: the output keeps the proportions and is as large as possible.",
            "max_width = 384",
            "none, where the size has another form",
        ),
        size(
            "max_height",
            "The most rows of the output, with `max_width`.",
            "max_height = 384",
            "none, where the size has another form",
        ),
        size(
            "multiple",
            "Both edges of the output become the nearest multiples of this number, as in Qwen2-VL.",
            "multiple = 28",
            "none, where the size has another form",
        ),
        pixels(
            "min_pixels",
            "The fewest pixels of the output, with `multiple`.",
            "min_pixels = 3136",
        ),
        pixels(
            "max_pixels",
            "The most pixels of the output, with `multiple`.",
            "max_pixels = 1003520",
        ),
        size(
            "tile",
            "Side of a tile: both edges of the output are rounded up to multiples of it, as in Idefics3 and SmolVLM.",
            "tile = 364",
            "none, where the size has another form",
        ),
        ParameterSpec {
            name: "round_up_to",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "pixels",
            doc: "Both edges of the output are rounded up to multiples of this number.",
            example: "round_up_to = 32",
        },
        ParameterSpec {
            name: "box",
            value_type: ParameterType::Numbers {
                count: Some(4),
                range: "inside the input",
            },
            default: ParameterDefault::Derived("the whole input"),
            unit: "pixels",
            doc: "Left, top, right and bottom edge of the part of the input that is resampled, with Pillow, `width` and `height`.",
            example: "box = [0.5, 0, 100.25, 80]",
        },
    ],
    build: |values| {
        let (filter, like) = (values.choice("filter")?, values.choice("like")?);
        let resample = Resample::new(size_of(values)?, filter, like)?;
        let resample = resample.round_up_to(values.integer("round_up_to"))?;
        shared(match values.derived_numbers("box") {
            Some(edges) => resample.source_box(
                edges
                    .try_into()
                    .expect("the type of the parameter has four"),
            )?,
            None => resample,
        })
    },
    read: |operator| read(operator, values_of),
    #[cfg(feature = "testing")]
    testing: &super::testing::TESTING,
};

value_from_choice!(ResampleFilter, ResampleLike);

/// A number of pixels that is part of a form of the size.
const fn size(
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    otherwise: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::SIDE,
        default: ParameterDefault::Derived(otherwise),
        unit: "pixels",
        doc,
        example,
    }
}

/// A number of pixels of the whole output.
const fn pixels(name: &'static str, doc: &'static str, example: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::Integer {
            least: 1,
            most: u32::MAX,
            odd: false,
        },
        default: ParameterDefault::Derived("no limit"),
        unit: "pixels",
        doc,
        example,
    }
}

/// The parameters of an operator, in the order of the spec.
fn values_of(resample: &Resample) -> [Value; 16] {
    let size = |name: &str| -> Value {
        match (resample.size(), name) {
            (ResampleSize::Exact { width, .. }, "width") => width.into(),
            (ResampleSize::Exact { height, .. }, "height") => height.into(),
            (
                ResampleSize::ShortestEdge { edge, .. }
                | ResampleSize::ShortestEdgeDetr { edge, .. },
                "shortest_edge",
            )
            | (
                ResampleSize::LongestEdge { edge } | ResampleSize::LongestEdgeIdefics3 { edge },
                "longest_edge",
            ) => edge.into(),
            (
                ResampleSize::ShortestEdge { max_size, .. }
                | ResampleSize::ShortestEdgeDetr { max_size, .. },
                "max_size",
            ) => max_size.into(),
            (ResampleSize::ShortestEdge { .. }, "rounding") => "torchvision".into(),
            (ResampleSize::LongestEdge { .. }, "rounding") => "sam".into(),
            (ResampleSize::ShortestEdgeDetr { .. }, "rounding") => "detr".into(),
            (ResampleSize::LongestEdgeIdefics3 { .. }, "rounding") => "idefics3".into(),
            (ResampleSize::Within { max_width, .. }, "max_width") => max_width.into(),
            (ResampleSize::Within { max_height, .. }, "max_height") => max_height.into(),
            (ResampleSize::Multiple { multiple, .. }, "multiple") => multiple.into(),
            (ResampleSize::Multiple { min_pixels, .. }, "min_pixels") => min_pixels.into(),
            (ResampleSize::Multiple { max_pixels, .. }, "max_pixels") => max_pixels.into(),
            (ResampleSize::Tiles { tile }, "tile") => tile.into(),
            _ => Value::Default,
        }
    };
    [
        resample.convention().into(),
        resample.filter().into(),
        size("width"),
        size("height"),
        size("shortest_edge"),
        size("longest_edge"),
        size("max_size"),
        size("rounding"),
        size("max_width"),
        size("max_height"),
        size("multiple"),
        size("min_pixels"),
        size("max_pixels"),
        size("tile"),
        resample.multiple_of_edges().into(),
        resample.part().map_or(Value::Default, Value::from),
    ]
}
