//! The first pass over a pipeline file: it reads TOML into nodes and checks each node by itself.

use super::names;
use super::parameters::Parameters;
use super::suggest;
use super::values::{Problems, entry, unknown_keys};
use crate::file::decoding;
use crate::pipeline::Decoding;
use pixelflume_graph::text::Shown;
use pixelflume_ops::Operator;
use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::OperatorSpec;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const TOP_LEVEL_KEYS: [&str; 6] = ["name", "inputs", "outputs", "fusion", "decode", "node"];
const NODE_KEYS: [&str; 3] = ["name", "op", "from"];
/// The name of the input where the file names none.
const DEFAULT_INPUT: &str = "input";

/// A pipeline file whose values have the right types; names are not resolved yet.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) inputs: Vec<Spanned<String>>,
    /// The place where the inputs are declared; `None` where the file does not declare them.
    pub(super) outputs: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether chains of nodes may become one launch.
    pub(super) fusion: bool,
    /// How files that are inputs are decoded.
    pub(super) decoding: Decoding,
    pub(super) nodes: Vec<NodeEntry>,
}

/// An entry `[[node]]`.
pub(super) struct NodeEntry {
    pub(super) name: Spanned<String>,
    /// The operator; `None` where a problem with it has been noted.
    pub(super) operator: Option<Arc<dyn Operator>>,
    /// The sources; `None` where a problem with them has been noted.
    pub(super) from: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Reads the text of a file. What is wrong is noted in `problems`; `None` where nothing can be made
/// of it.
pub(super) fn read(text: &str, problems: &mut Problems<'_>) -> Option<Document> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // One mistake often makes the parser stumble several times over the same line.
        let mut last_line = 0;
        let count = errors.len();
        for (index, error) in errors.into_iter().enumerate() {
            if problems.is_full() {
                problems.add_untold(count - index);
                break;
            }
            let span = error.span().unwrap_or(text.len()..text.len());
            let (line, _) = problems.source().line_column(span.start);
            if line != last_line {
                last_line = line;
                problems.add(
                    span,
                    format_args!("this is not TOML: {}", error.message()),
                    "",
                );
            }
        }
        return None;
    }
    let table = table.get_ref();
    let found = unknown_keys(table, |key| TOP_LEVEL_KEYS.contains(&key));
    for key in found {
        let name = key.get_ref().as_str();
        let known = suggest::words(name, "Known keys", TOP_LEVEL_KEYS.into_iter());
        let help: &dyn Display = match name {
            "op" | "from" => &"an operator belongs into a node, below a line `[[node]]`",
            _ => &known,
        };
        problems.add(
            key.span(),
            format_args!("unknown key `{}`", Shown(name)),
            help,
        );
    }

    let name = match entry(table, "name") {
        Some((_, value)) => problems
            .text("name", value, "name = \"edges\"")
            .map(|name| name.get_ref().to_string()),
        None => Some(default_name(problems.source().file())),
    };
    let inputs = match entry(table, "inputs") {
        Some((_, value)) => name_list("inputs", value, "inputs = [\"left\", \"right\"]", problems),
        None => Some(Spanned::new(
            0..0,
            vec![Spanned::new(0..0, DEFAULT_INPUT.to_owned())],
        )),
    };
    let outputs = match entry(table, "outputs") {
        Some((_, value)) => {
            name_list("outputs", value, "outputs = [\"edges\"]", problems).map(Some)
        }
        None => Some(None),
    };
    let fusion = match entry(table, "fusion") {
        Some((_, value)) => problems.flag("fusion", value, "fusion = false"),
        None => Some(true),
    };
    let decoding = decoding::read(table, problems);
    let nodes = nodes(table, text.len(), problems);
    Some(Document {
        name: name?,
        inputs: inputs?.into_inner(),
        outputs: outputs?,
        fusion: fusion?,
        decoding: decoding?,
        nodes: nodes?,
    })
}

/// The stem of the file's name.
fn default_name(file: &str) -> String {
    let stem = std::path::Path::new(file).file_stem();
    stem.map_or_else(
        || "pipeline".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

/// A list of names with at least one name.
fn name_list(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    example: &str,
    problems: &mut Problems<'_>,
) -> Option<Spanned<Vec<Spanned<String>>>> {
    let list = problems.texts(key, value, example)?;
    if list.is_empty() {
        problems.add(
            value.span(),
            format_args!("`{key}` is empty"),
            format_args!("leave `{key}` out, or write for example `{example}`"),
        );
        return None;
    }
    let owned = list
        .into_iter()
        .map(|text| Spanned::new(text.span(), text.get_ref().to_string()));
    Some(Spanned::new(value.span(), owned.collect()))
}

fn nodes(table: &DeTable<'_>, end: usize, problems: &mut Problems<'_>) -> Option<Vec<NodeEntry>> {
    let help = "a node begins with a line `[[node]]`, then name, op and from";
    let Some((key, value)) = entry(table, "node") else {
        problems.add(end..end, "the pipeline has no nodes", help);
        return None;
    };
    let items = match value.get_ref() {
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => items,
        DeValue::Table(_) => {
            problems.add(
                value.span(),
                "a node is written with two brackets",
                "write `[[node]]`",
            );
            return None;
        }
        _ => {
            problems.add(key.span(), "`node` must be an array of tables", help);
            return None;
        }
    };
    if items.is_empty() {
        problems.add(value.span(), "the pipeline has no nodes", help);
        return None;
    }
    let tables = items
        .iter()
        .filter_map(|item| Some((item.span(), item.get_ref().as_table()?)));
    let read: Vec<_> = tables
        .map(|(span, table)| node(table, span, problems))
        .collect();
    read.into_iter().collect()
}

/// Reads one node; `None` where other nodes cannot refer to it.
fn node(
    table: &DeTable<'_>,
    header: Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<NodeEntry> {
    let name = required("name", "name = \"edges\"", table, &header, problems);
    let name = name.filter(|name| name_is_usable(name, problems));
    let shown = name
        .as_ref()
        .map_or("without a name", |name| name.get_ref().as_str());

    let op = required("op", "op = \"sobel\"", table, &header, problems);
    let spec_of_op = op.as_ref().and_then(|op| {
        let found = registry::find(op.get_ref());
        if found.is_none() {
            let known = OPERATORS.iter().map(|spec| spec.kind);
            problems.add(
                op.span(),
                format_args!("unknown operator \"{}\"", Shown(op.get_ref())),
                suggest::words(op.get_ref(), "Known operators", known),
            );
        }
        found
    });
    let operator = spec_of_op.and_then(|spec| {
        unknown_node_keys(table, spec, problems);
        let header = header.clone();
        Parameters {
            spec,
            table,
            node: shown,
            header,
            problems,
        }
        .operator()
    });

    let example = "from = \"input\"";
    let from = match entry(table, "from") {
        Some((_, value)) => problems.texts("from", value, example).map(|list| {
            let owned = list
                .into_iter()
                .map(|text| Spanned::new(text.span(), text.get_ref().to_string()));
            Spanned::new(value.span(), owned.collect())
        }),
        None => {
            lacks("from", shown, example, &header, problems);
            None
        }
    };
    Some(NodeEntry {
        name: name?,
        operator,
        from,
    })
}

/// The text of a key that every node must have.
fn required(
    key: &str,
    example: &str,
    table: &DeTable<'_>,
    header: &Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<Spanned<String>> {
    match entry(table, key) {
        Some((_, value)) => {
            let text = problems.text(key, value, example)?;
            Some(Spanned::new(text.span(), text.get_ref().to_string()))
        }
        None => {
            let name = entry(table, "name").and_then(|(_, value)| value.get_ref().as_str());
            lacks(
                key,
                name.unwrap_or("without a name"),
                example,
                header,
                problems,
            );
            None
        }
    }
}

fn lacks(key: &str, node: &str, example: &str, header: &Range<usize>, problems: &mut Problems<'_>) {
    let node = if node == "without a name" {
        "a node".to_owned()
    } else {
        format!("node \"{}\"", Shown(node))
    };
    problems.add(
        header.clone(),
        format_args!("{node} lacks `{key}`"),
        format_args!("add for example `{example}`"),
    );
}

/// Whether a pipeline file can have the name; notes a problem where it cannot.
pub(super) fn name_is_usable(name: &Spanned<String>, problems: &mut Problems<'_>) -> bool {
    let usable = names::is_usable(name.get_ref());
    if !usable {
        problems.add(
            name.span(),
            format_args!("\"{}\" cannot be a name", Shown(name.get_ref())),
            format_args!("use {}", names::RULE),
        );
    }
    usable
}

fn unknown_node_keys(table: &DeTable<'_>, operator: &OperatorSpec, problems: &mut Problems<'_>) {
    let parameters = operator.parameters.iter().map(|parameter| parameter.name);
    let known = NODE_KEYS.into_iter().chain(parameters);
    let of_operator = format!("Keys of {}", operator.kind);
    for key in unknown_keys(table, |key| known.clone().any(|known| known == key)) {
        let name = key.get_ref().as_str();
        let near = suggest::words(name, &of_operator, known.clone());
        let help: &dyn Display = match name {
            // TOML gives whatever stands below `[[node]]` to the node.
            "outputs" => &"move `outputs` above the first `[[node]]`",
            "inputs" => &"move `inputs` above the first `[[node]]`",
            "fusion" => &"move `fusion` above the first `[[node]]`",
            _ => &near,
        };
        problems.add(
            key.span(),
            format_args!("unknown key `{}`", Shown(name)),
            help,
        );
    }
}
