//! The arguments of the Python method of an operator.
//!
//! They are the parameters of the operator, with the habits of torchvision: `size` in place of `width` and `height` where these are required,
//! `dtype` for the parameter `sample`, `layout` with the values `hwc` and `chw`.

use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value};

/// An argument of a method.
pub(super) struct Argument {
    pub(super) name: &'static str,
    /// Its type, in lines.
    annotation: Vec<String>,
    /// Its default as Python; `None` for one that must be given.
    default: Option<String>,
    pub(super) doc: String,
    /// The parameter of the operator; empty where there is none.
    pub(super) parameter: &'static str,
    /// The value of the parameter as Python.
    pub(super) value: String,
}

/// The arguments of a method, in order.
pub(super) struct Signature {
    positional: Vec<Argument>,
    named: Vec<Argument>,
    has_sides: bool,
}

impl Signature {
    pub(super) fn of(spec: &OperatorSpec) -> Signature {
        let is_side = |parameter: &ParameterSpec| {
            matches!(parameter.name, "width" | "height")
                && parameter.default == ParameterDefault::Required
        };
        let has_sides = spec.parameters.iter().filter(|p| is_side(p)).count() == 2;
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        if spec.inputs == 2 {
            positional.push(other());
        }
        if has_sides {
            positional.push(size(spec.kind));
        }
        for parameter in spec.parameters {
            let mut argument = argument(parameter);
            if has_sides && is_side(parameter) {
                argument.annotation = vec!["int | None".to_owned()];
                argument.default = Some("None".to_owned());
                argument.doc += " In place of `size`.";
            }
            let is_positional = match spec.kind {
                "resize" => argument.name == "interpolation",
                "sobel" => argument.name == "output",
                // The only parameter needs no name.
                _ => !has_sides && (argument.default.is_none() || spec.parameters.len() == 1),
            };
            match is_positional {
                true => positional.push(argument),
                false => named.push(argument),
            }
        }
        // Without a default first.
        named.sort_by_key(|argument| argument.default.is_some());
        if spec.kind == "resize" {
            resize(&mut positional, &mut named);
        }
        named.push(Argument {
            name: "name",
            annotation: vec!["str | None".to_owned()],
            default: Some("None".to_owned()),
            doc: "Name of the node.".to_owned(),
            parameter: "",
            value: String::new(),
        });
        Signature {
            positional,
            named,
            has_sides,
        }
    }

    /// Whether the method takes `size`, `width` and `height`.
    pub(super) fn has_sides(&self) -> bool {
        self.has_sides
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Argument> {
        self.positional.iter().chain(&self.named)
    }

    /// The arguments that are parameters of the operator.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Argument> {
        self.all().filter(|argument| !argument.parameter.is_empty())
    }

    /// The lines between the parentheses.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec!["self,".to_owned()];
        for argument in &self.positional {
            argument.push(&mut lines);
        }
        lines.push("*,".to_owned());
        for argument in &self.named {
            argument.push(&mut lines);
        }
        lines
    }
}

impl Argument {
    fn push(&self, lines: &mut Vec<String>) {
        let start = lines.len();
        lines.extend(self.annotation.iter().cloned());
        lines[start] = format!("{}: {}", self.name, lines[start]);
        let end = lines.len() - 1;
        if let Some(default) = &self.default {
            lines[end] += &format!(" = {default}");
        }
        lines[end].push(',');
    }
}

/// The other image of an operator of two.
fn other() -> Argument {
    Argument {
        name: "other",
        annotation: vec!["Operators".to_owned()],
        default: None,
        doc: "The second image: a node, or a pipeline with one output.".to_owned(),
        parameter: "",
        value: String::new(),
    }
}

fn size(kind: &str) -> Argument {
    let alone = match kind {
        "patchify" => "Size of a patch: an integer for a square, or `(height, width)`, in pixels.",
        _ => "Size of the output: an integer for a square, or `(height, width)`, in pixels.",
    };
    Argument {
        name: "size",
        annotation: vec!["int | tuple[int, int] | None".to_owned()],
        default: Some("None".to_owned()),
        doc: alone.to_owned(),
        parameter: "",
        value: String::new(),
    }
}

/// What `resize` has more: `like`, with which it is a `resample`.
fn resize(positional: &mut [Argument], named: &mut Vec<Argument>) {
    let resample = pixelflume_ops::registry::find("resample");
    let of = |name: &'static str| {
        let parameters = resample.into_iter().flat_map(|spec| spec.parameters);
        parameters.filter(move |parameter| parameter.name == name)
    };
    for argument in positional.iter_mut() {
        match argument.name {
            "size" => {
                argument.doc = "Size of the output, in pixels: `(height, width)`, or an integer: a square, and with `like` \
                     the shorter edge, as in torchvision."
                    .to_owned();
            }
            _ => {
                let mut names = choices(&argument.annotation);
                for filter in of("filter").flat_map(|parameter| names_of(parameter.value_type)) {
                    if !names.iter().any(|name| name == filter) {
                        names.push(filter.to_owned());
                    }
                }
                argument.annotation = literal(&names);
                argument.doc += " With `like` a filter of `resample`.";
            }
        }
    }
    for parameter in of("like").chain(of("max_size")) {
        let mut argument = self::argument(parameter);
        if argument.default.is_none() {
            argument.default = Some("None".to_owned());
            or_none(&mut argument.annotation);
            argument.doc = format!(
                "Makes it a `resample`, which is antialiased. {}",
                argument.doc
            );
        } else {
            argument.doc += " Only with `like`.";
        }
        argument.parameter = "";
        named.push(argument);
    }
}

/// Adds `None` to a type, where the formatter puts it.
fn or_none(annotation: &mut Vec<String>) {
    match annotation.as_mut_slice() {
        [line] => *line += " | None",
        _ => annotation.push("| None".to_owned()),
    }
}

/// The argument of a parameter.
fn argument(parameter: &'static ParameterSpec) -> Argument {
    let mut annotation = annotation(parameter.value_type);
    let mut name = parameter.name;
    let mut value = name.to_owned();
    let mut range = parameter.value_type.to_string();
    let mut default = match &parameter.default {
        ParameterDefault::Required => None,
        ParameterDefault::Value(value) => Some(python(value)),
        _ => {
            or_none(&mut annotation);
            Some("None".to_owned())
        }
    };
    match name {
        "sample" => {
            name = "dtype";
            value = name.to_owned();
        }
        "layout" => {
            annotation = literal(&["hwc".to_owned(), "chw".to_owned()]);
            default = Some("\"hwc\"".to_owned());
            range = "one of hwc (interleaved), chw (planar)".to_owned();
            value = "layout_name(layout)".to_owned();
        }
        _ => {}
    }
    let unit = match parameter.unit {
        "" => String::new(),
        unit => format!("; {unit}"),
    };
    let derived = match &parameter.default {
        ParameterDefault::Derived(how) => format!("; default: {how}"),
        _ => String::new(),
    };
    Argument {
        name,
        annotation,
        default,
        doc: format!("{} ({range}{unit}{derived})", parameter.doc),
        parameter: parameter.name,
        value,
    }
}

/// The type of a parameter as Python, in lines.
fn annotation(value_type: ParameterType) -> Vec<String> {
    let plain = |text: &str| vec![text.to_owned()];
    match value_type {
        ParameterType::Integer { .. } | ParameterType::Byte => plain("int"),
        ParameterType::Number { .. } => plain("float"),
        ParameterType::Numbers { count: Some(_), .. } => plain("Sequence[float]"),
        ParameterType::Numbers { count: None, .. } => plain("float | Sequence[float]"),
        ParameterType::Color => plain("int | Sequence[int]"),
        ParameterType::Flag => plain("bool"),
        ParameterType::Choice(_) => {
            let names: Vec<String> = names_of(value_type).map(str::to_owned).collect();
            literal(&names)
        }
        ParameterType::OrInput(of_all) => match of_all {
            ParameterType::Choice(_) => {
                let names = names_of(*of_all).chain(["input"]);
                literal(&names.map(str::to_owned).collect::<Vec<_>>())
            }
            other => {
                let mut lines = annotation(*other);
                let end = lines.len() - 1;
                lines[end] += " | Literal[\"input\"]";
                lines
            }
        },
        // Only a newer crate of operators has more types.
        _ => plain("object"),
    }
}

fn names_of(value_type: ParameterType) -> impl Iterator<Item = &'static str> {
    let names = match value_type {
        ParameterType::Choice(names) => names,
        _ => &[],
    };
    names.iter().copied()
}

/// A type of these texts, in lines as ruff formats it.
fn literal(names: &[String]) -> Vec<String> {
    let mut lines = vec!["Literal[".to_owned()];
    lines.extend(names.iter().map(|name| format!("    \"{name}\",")));
    lines.push("]".to_owned());
    lines
}

/// The texts of such a type.
fn choices(lines: &[String]) -> Vec<String> {
    let inner = lines.iter().filter(|line| line.starts_with("    \""));
    inner
        .map(|line| line.trim_matches([' ', ',', '"']).to_owned())
        .collect()
}

/// A value as Python.
fn python(value: &Value) -> String {
    let list = |items: Vec<String>| match &*items {
        [one] => format!("({one},)"),
        items => format!("({})", items.join(", ")),
    };
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Numbers(numbers) => list(numbers.iter().map(|n| format!("{n:?}")).collect()),
        Value::Color(samples) => list(samples.iter().map(u8::to_string).collect()),
        Value::Flag(true) => "True".to_owned(),
        Value::Flag(false) => "False".to_owned(),
        Value::Name(name) => format!("\"{name}\""),
        _ => "None".to_owned(),
    }
}
