//! The entry of `resample` in the operator registry.

use super::{KIND, Resample, ResampleFilter, ResampleLike, ResampleSize};
use crate::contract::OperatorError;
use crate::spec::{
    OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice, read,
    shared, value_from_choice,
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
            example: "like = \"torchvision\"",
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
            "the size has another form",
        ),
        size(
            "height",
            "Height of the output.",
            "height = 224",
            "the size has another form",
        ),
        size(
            "shortest_edge",
            "The shorter edge of the output, which keeps the proportions.",
            "shortest_edge = 224",
            "the size has another form",
        ),
        size(
            "longest_edge",
            "The longer edge of the output, which keeps the proportions.",
            "longest_edge = 1024",
            "the size has another form",
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
            "The output is the largest of the same proportions with at most so many columns, and rows as `max_height` says.",
            "max_width = 384",
            "the size has another form",
        ),
        size(
            "max_height",
            "The most rows of the output, with `max_width`.",
            "max_height = 384",
            "the size has another form",
        ),
        size(
            "multiple",
            "Both edges of the output are the nearest multiples of it, as Qwen2-VL has them.",
            "multiple = 28",
            "the size has another form",
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
            "Both edges of the output are multiples of it, rounded up, as Idefics3 and SmolVLM have them.",
            "tile = 364",
            "the size has another form",
        ),
        ParameterSpec {
            name: "round_up_to",
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Value(Value::Integer(1)),
            unit: "pixels",
            doc: "Both edges of the size are rounded up to a multiple of it.",
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

/// A form in which the size can be given: the parameters that it needs, and those that it may have.
struct Form {
    needs: &'static [&'static str],
    may_have: &'static [&'static str],
}

static FORMS: [Form; 6] = [
    Form {
        needs: &["width", "height"],
        may_have: &[],
    },
    Form {
        needs: &["shortest_edge"],
        may_have: &["max_size", "rounding"],
    },
    Form {
        needs: &["longest_edge"],
        may_have: &["rounding"],
    },
    Form {
        needs: &["max_width", "max_height"],
        may_have: &[],
    },
    Form {
        needs: &["multiple"],
        may_have: &["min_pixels", "max_pixels"],
    },
    Form {
        needs: &["tile"],
        may_have: &[],
    },
];

impl Form {
    /// The form as error messages show it, for example `width and height`.
    fn text(&self) -> String {
        let mut text = self.needs.join(" and ");
        if !self.may_have.is_empty() {
            text.push_str(&format!(" (with {})", self.may_have.join(", ")));
        }
        text
    }

    fn has(&self, name: &str) -> bool {
        self.needs.contains(&name) || self.may_have.contains(&name)
    }
}

fn refuse<T>(
    values: &Values,
    parameter: &'static str,
    expected: String,
) -> Result<T, OperatorError> {
    Err(OperatorError::Parameter {
        operator: KIND,
        parameter,
        got: values.text(parameter),
        expected,
    })
}

/// The rule for the size, whose parameters are those of exactly one form.
fn size_of(values: &Values) -> Result<ResampleSize, OperatorError> {
    let is_given = |name: &&&str| values.is_given(name);
    let mut forms = FORMS
        .iter()
        .filter(|form| form.needs.iter().any(|name| values.is_given(name)));
    let Some(form) = forms.next() else {
        let all: Vec<_> = FORMS.iter().map(Form::text).collect();
        let expected = format!("give the size in one of these forms: {}", all.join("; "));
        return refuse(values, "width", expected);
    };
    if let Some(other) = forms
        .next()
        .and_then(|form| form.needs.iter().find(is_given))
    {
        let expected = format!(
            "the size is given by {} already; leave one out",
            form.text()
        );
        return refuse(values, other, expected);
    }
    if let Some(missing) = form.needs.iter().find(|name| !values.is_given(name)) {
        return refuse(values, missing, format!("the size needs {}", form.text()));
    }
    let mut parts = FORMS.iter().flat_map(|form| form.may_have);
    if let Some(extra) = parts.find(|name| values.is_given(name) && !form.has(name)) {
        let expected = format!("a size by {} does not have it; leave it out", form.text());
        return refuse(values, extra, expected);
    }
    let number = |name| values.derived_integer(name);
    let needed = |name| values.integer(name);
    let rounding = values.is_given("rounding").then(|| values.name("rounding"));
    Ok(match (form.needs[0], rounding) {
        ("width", _) => ResampleSize::Exact {
            width: needed("width"),
            height: needed("height"),
        },
        ("shortest_edge", None | Some("torchvision")) => ResampleSize::ShortestEdge {
            edge: needed("shortest_edge"),
            max_size: number("max_size"),
        },
        ("shortest_edge", Some("detr")) => ResampleSize::ShortestEdgeDetr {
            edge: needed("shortest_edge"),
            max_size: number("max_size"),
        },
        ("longest_edge", None | Some("sam")) => ResampleSize::LongestEdge {
            edge: needed("longest_edge"),
        },
        ("longest_edge", Some("idefics3")) => ResampleSize::LongestEdgeIdefics3 {
            edge: needed("longest_edge"),
        },
        ("shortest_edge", Some(_)) => {
            return refuse(
                values,
                "rounding",
                "shortest_edge has torchvision and detr".to_owned(),
            );
        }
        ("longest_edge", Some(_)) => {
            return refuse(
                values,
                "rounding",
                "longest_edge has sam and idefics3".to_owned(),
            );
        }
        ("max_width", _) => ResampleSize::Within {
            max_width: needed("max_width"),
            max_height: needed("max_height"),
        },
        ("multiple", _) => ResampleSize::Multiple {
            multiple: needed("multiple"),
            min_pixels: number("min_pixels"),
            max_pixels: number("max_pixels"),
        },
        _ => ResampleSize::Tiles {
            tile: needed("tile"),
        },
    })
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
        resample.like().into(),
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
