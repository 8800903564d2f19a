//! The second pass over a pipeline file: it connects the nodes by their names.

use super::document::{Document, NodeEntry, name_is_usable};
use super::suggest;
use super::values::Problems;
use crate::builder::{PipelineBuilder, Port};
use crate::error::PipelineError;
use crate::error::names::Location;
use crate::pipeline::Pipeline;
use pixelflume_graph::text::{Listed, Shown};
use std::collections::HashMap;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// Makes the pipeline, or notes the problems.
pub(super) fn pipeline(document: &Document, problems: &mut Problems<'_>) -> Option<Pipeline> {
    let mut linker = Linker {
        builder: PipelineBuilder::new(&document.name),
        ports: HashMap::new(),
        names: Vec::new(),
        complete: true,
    };
    linker.builder.fusion(document.fusion);
    linker.inputs(document, problems);
    for node in &document.nodes {
        linker.node(node, problems);
    }
    for node in &document.nodes {
        linker.edges(node, problems);
    }
    if let Some(outputs) = &document.outputs {
        linker.outputs(outputs.get_ref(), problems);
    }
    if !linker.complete || !problems.is_empty() {
        return None;
    }
    match linker.builder.build() {
        Ok(pipeline) => Some(pipeline.with_decoding(document.decoding)),
        Err(error) => {
            let span = place_of(&error, document);
            add(span, &error, problems);
            None
        }
    }
}

struct Linker<'d> {
    builder: PipelineBuilder,
    /// The ports by name, and whether each is an input. A port is `None` where the node has no
    /// operator.
    ports: HashMap<&'d str, Known>,
    /// All names in the order of the file, for messages.
    names: Vec<&'d str>,
    /// Whether all nodes and edges so far could be given to the builder.
    complete: bool,
}

#[derive(Copy, Clone)]
struct Known {
    port: Option<Port>,
    is_input: bool,
    line: Option<usize>,
}

impl<'d> Linker<'d> {
    fn inputs(&mut self, document: &'d Document, problems: &mut Problems<'_>) {
        for input in &document.inputs {
            if self.claim(input, true, problems) && name_is_usable(input, problems) {
                let added = self.builder.input(input.get_ref());
                self.enter(input, added, true, problems);
            }
        }
    }

    fn node(&mut self, node: &'d NodeEntry, problems: &mut Problems<'_>) {
        if !self.claim(&node.name, false, problems) {
            return;
        }
        let Some(operator) = &node.operator else {
            let (line, _) = problems.source().line_column(node.name.span().start);
            self.complete = false;
            self.names.push(node.name.get_ref());
            let known = Known {
                port: None,
                is_input: false,
                line: Some(line),
            };
            self.ports.insert(node.name.get_ref(), known);
            return;
        };
        let (line, column) = problems.source().line_column(node.name.span().start);
        let location = Location {
            file: Arc::clone(problems.source().file()),
            line,
            column,
        };
        let added = self
            .builder
            .node(node.name.get_ref(), operator.clone(), Some(location));
        self.enter(&node.name, added, false, problems);
    }

    /// Whether the name is free; notes a problem where it is not.
    fn claim(
        &mut self,
        name: &'d Spanned<String>,
        is_input: bool,
        problems: &mut Problems<'_>,
    ) -> bool {
        let text = name.get_ref();
        let Some(known) = self.ports.get(text.as_str()) else {
            return true;
        };
        self.complete = false;
        let text = Shown(text);
        let (message, help) = match (known.is_input, is_input, known.line) {
            (true, false, None) => (
                format!("\"{text}\" is the name of the pipeline's input"),
                "give the node another name, or name the inputs with `inputs = [...]`",
            ),
            (true, false, Some(line)) => (
                format!("\"{text}\" is the name of an input already (line {line})"),
                "give the node another name",
            ),
            (true, true, _) => (format!("the input \"{text}\" is named twice"), ""),
            (false, _, line) => {
                let line = line.map_or_else(String::new, |line| format!(" (line {line})"));
                (
                    format!("there is a node \"{text}\" already{line}"),
                    "give each node its own name",
                )
            }
        };
        problems.add(name.span(), message, help);
        false
    }

    fn enter(
        &mut self,
        name: &'d Spanned<String>,
        added: Result<Port, PipelineError>,
        is_input: bool,
        problems: &mut Problems<'_>,
    ) {
        // The default input stands nowhere in the file.
        let line =
            (!name.span().is_empty()).then(|| problems.source().line_column(name.span().start).0);
        match added {
            Ok(port) => {
                self.names.push(name.get_ref());
                self.ports.insert(
                    name.get_ref(),
                    Known {
                        port: Some(port),
                        is_input,
                        line,
                    },
                );
            }
            Err(error) => self.refused(name.span(), &error, problems),
        }
    }

    fn edges(&mut self, node: &'d NodeEntry, problems: &mut Problems<'_>) {
        let Some(from) = &node.from else {
            self.complete = false;
            return;
        };
        let to = self
            .ports
            .get(node.name.get_ref().as_str())
            .and_then(|known| known.port);
        if let Some(operator) = &node.operator {
            let (expected, got) = (operator.input_count(), from.get_ref().len());
            if expected != got {
                let surplus = from.get_ref().get(expected).map(Spanned::span);
                let rest = from.get_ref().get(expected..).unwrap_or_default();
                let rest = Listed::new(rest.iter().map(Spanned::get_ref)).quoted();
                let help: &dyn Display = match surplus {
                    Some(_) => &format_args!("leave out {rest}"),
                    None => &format_args!("name {expected} node(s) or input(s) in `from`"),
                };
                problems.add(
                    surplus.unwrap_or_else(|| from.span()),
                    format_args!("{} takes {expected} input(s), got {got}", operator.kind()),
                    help,
                );
                self.complete = false;
            }
        }
        for source in from.get_ref() {
            let Some(known) = self.known(source, problems) else {
                continue;
            };
            if let (Some(source_port), Some(to), true) = (known.port, to, self.complete)
                && let Err(error) = self.builder.connect(source_port, to)
            {
                self.refused(source.span(), &error, problems);
            }
        }
    }

    fn outputs(&mut self, outputs: &'d [Spanned<String>], problems: &mut Problems<'_>) {
        for output in outputs {
            let Some(Known {
                port: Some(port), ..
            }) = self.known(output, problems)
            else {
                continue;
            };
            if let Err(error) = self.builder.output(port) {
                self.refused(output.span(), &error, problems);
            }
        }
    }

    /// The port of this name; notes a problem where there is none.
    fn known(&mut self, name: &Spanned<String>, problems: &mut Problems<'_>) -> Option<Known> {
        let found = self.ports.get(name.get_ref().as_str()).copied();
        if found.is_none() {
            self.complete = false;
            problems.add(
                name.span(),
                format_args!("unknown node \"{}\"", Shown(name.get_ref())),
                suggest::names(name.get_ref(), "Known names", self.names.iter().copied()),
            );
        }
        found
    }

    fn refused(&mut self, span: Range<usize>, error: &PipelineError, problems: &mut Problems<'_>) {
        self.complete = false;
        add(span, error, problems);
    }
}

/// Notes an error of the builder. Its text ends in what to do, behind the last semicolon.
fn add(span: Range<usize>, error: &PipelineError, problems: &mut Problems<'_>) {
    let text = error.to_string();
    match text.rsplit_once("; ") {
        Some((message, help)) => problems.add(span, message, help),
        None => problems.add(span, text, ""),
    }
}

/// The place of a problem that only the whole pipeline shows.
fn place_of(error: &PipelineError, document: &Document) -> Range<usize> {
    let named = |name: &str| {
        let nodes = document.nodes.iter().map(|node| &node.name);
        let found = document
            .inputs
            .iter()
            .chain(nodes)
            .find(|known| known.get_ref() == name);
        found.map(Spanned::span)
    };
    let span = match error {
        PipelineError::UnusedInput { input } => named(input),
        PipelineError::MissingInput { node, .. } => named(node),
        _ => None,
    };
    span.unwrap_or(0..0)
}
