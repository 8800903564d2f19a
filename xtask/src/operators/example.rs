//! The example in the documentation of an operator's Python method, with the shape that its result has.

use anyhow::{Result, bail};
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterSpec, Value};
use pixelflume_ops::{ImageShape, Layout};

/// An example: arguments, and shapes of input and output.
pub(super) struct Example {
    kind: &'static str,
    inputs: usize,
    arguments: String,
    input: ImageShape,
    output: ImageShape,
}

impl Example {
    /// The required parameters with the values of their examples, and where the operator cannot be made of them alone the first
    /// others, over the first kind of image that the operator takes.
    pub(super) fn of(spec: &'static OperatorSpec, has_sides: bool) -> Result<Example> {
        let is_required =
            |parameter: &&ParameterSpec| parameter.default == ParameterDefault::Required;
        let required: Vec<_> = spec.parameters.iter().filter(is_required).collect();
        let others: Vec<_> = spec.parameters.iter().filter(|p| !is_required(p)).collect();
        for more in 0..=others.len() {
            let all = required.iter().chain(&others[..more]);
            let lines: Vec<&str> = all.map(|parameter| parameter.example).collect();
            // A video frame has 480 rows and 240 of their colors; patches have 14 columns.
            for (width, height, channels) in [
                (640, 480, 3),
                (640, 480, 1),
                (640, 480, 4),
                (640, 720, 1),
                (672, 448, 3),
            ] {
                let input = ImageShape::u8(width, height, channels);
                if let Some(output) = output(spec, &lines, input) {
                    return Ok(Example {
                        kind: spec.kind,
                        inputs: spec.inputs,
                        arguments: arguments(&lines, has_sides),
                        input,
                        output,
                    });
                }
            }
        }
        bail!(
            "{}: the examples of its parameters make no operator",
            spec.kind
        )
    }

    /// The lines of the example.
    pub(super) fn lines(&self) -> Vec<String> {
        let Example {
            kind, arguments, ..
        } = self;
        let ImageShape {
            width,
            height,
            channels,
            ..
        } = self.input;
        let input = format!("({height}, {width}, {channels})");
        let mut lines = vec![">>> import pixelflume as pf".to_owned()];
        if self.inputs == 2 {
            lines.push(">>> a, b = pf.input(\"a\"), pf.input(\"b\")".to_owned());
            lines.push(format!(">>> p = pf.Pipeline.of({kind}=a.{kind}(b))"));
            lines.push(format!(">>> p.shapes({input}, {input})[\"{kind}\"]"));
        } else {
            lines.push(format!(">>> p = pf.Pipeline().{kind}({arguments})"));
            lines.push(format!(">>> p.shapes({input})[\"{kind}\"]"));
        }
        let layout = match self.output.layout {
            Layout::Interleaved => "hwc",
            Layout::Planar => "chw",
        };
        lines.push(format!(
            "ImageShape(height={}, width={}, channels={}, dtype='{}', layout='{layout}')",
            self.output.height, self.output.width, self.output.channels, self.output.sample
        ));
        lines
    }
}

/// The shape of the output; `None` where the operator cannot be made or cannot take the image.
fn output(spec: &'static OperatorSpec, lines: &[&str], input: ImageShape) -> Option<ImageShape> {
    let given: Option<Vec<(&str, Value)>> = pairs(lines)
        .map(|(name, text)| Some((name, value(text)?)))
        .collect();
    let operator = spec.values(given?).ok()?.build().ok()?;
    let plan = operator.plan(&vec![input; spec.inputs]).ok()?;
    Some(plan.output())
}

/// The keys and values of lines of a pipeline file.
fn pairs<'t>(lines: &[&'t str]) -> impl Iterator<Item = (&'t str, &'t str)> {
    lines.iter().filter_map(|line| line.split_once(" = "))
}

/// A value of a pipeline file; `None` for one of a form that no example has.
fn value(text: &str) -> Option<Value> {
    let inner = |first, last| text.strip_prefix(first)?.strip_suffix(last);
    if let Some(items) = inner('[', ']') {
        let items = items.split(", ").map(|item| item.parse::<f64>().ok());
        return items.collect::<Option<Vec<f64>>>().map(Value::from);
    }
    if let Some(name) = inner('"', '"') {
        return Some(name.into());
    }
    let integer = text.parse::<i64>().map(Value::from).ok();
    let number = || text.parse::<f64>().map(Value::from).ok();
    let flag = || text.parse::<bool>().map(Value::from).ok();
    integer.or_else(number).or_else(flag)
}

/// Lines of a pipeline file as arguments of Python; a required width and height are the size.
fn arguments(lines: &[&str], has_sides: bool) -> String {
    let mut width = None;
    let mut arguments = Vec::new();
    for (name, value) in pairs(lines) {
        match (name, value) {
            ("width", value) if has_sides => width = Some(value),
            ("height", height) if has_sides => {
                let size = match width {
                    Some(width) if width != height => format!("({height}, {width})"),
                    _ => height.to_owned(),
                };
                arguments.insert(0, size);
            }
            (name, "true") => arguments.push(format!("{name}=True")),
            (name, "false") => arguments.push(format!("{name}=False")),
            (name, value) => arguments.push(format!("{name}={value}")),
        }
    }
    arguments.join(", ")
}
