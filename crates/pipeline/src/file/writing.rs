//! Writes a pipeline as the text of a pipeline file.

use super::{MAX_FILE_BYTES, decoding, names};
use crate::pipeline::Pipeline;
use crate::pipeline::node::Node;
use pixelflume_graph::text::{Shown, is_hidden};
use pixelflume_ops::registry;
use pixelflume_ops::spec::Value;
use std::fmt::Display;
use thiserror::Error;
use toml_writer::{ToTomlValue, TomlStringBuilder};

/// A pipeline cannot be written as the text of a pipeline file.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PipelineTextError {
    /// The operator of a node is not built in, so that no pipeline file can name it.
    #[error(
        "node \"{}\" is of kind {kind}, which is no built-in operator, so that a pipeline file cannot have it; use built-in operators, or build the pipeline in Rust wherever it is needed",
        Shown(node)
    )]
    Operator {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        kind: &'static str,
    },
    /// An input or a node has a name that no pipeline file can have.
    #[error(
        "\"{}\" cannot be a name in a pipeline file; use {}",
        Shown(name),
        names::RULE
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The text would be larger than a pipeline file may be.
    #[error(
        "the text of the {nodes} node(s) of pipeline \"{}\" would be larger than {limit} bytes, the most of a pipeline file; use shorter names, or several pipelines",
        Shown(pipeline)
    )]
    TooLarge {
        /// Name of the pipeline.
        pipeline: String,
        /// The number of its nodes.
        nodes: usize,
        /// The most bytes of a pipeline file: 1 MiB.
        limit: usize,
    },
}

impl Pipeline {
    /// The pipeline as the text of a pipeline file, with which it travels to other processes and machines.
    ///
    /// [`Pipeline::from_toml`] makes an equal pipeline of the text: one with the same name, inputs, outputs, nodes in the same
    /// order, operators, and parameters to the last bit, so that the results are equal bit for bit. Written again it has the same
    /// text.
    ///
    /// The text has every key and every parameter, those at their defaults as well, so that it means the same to a version with
    /// other defaults. It lacks only a parameter that the operator derives from others as long as none is given (`sigma` of
    /// `gaussian_blur`). It lacks the table `decode`
    /// where all settings in it are at their defaults; the limits for files are those of the program that reads the text. It also lacks comments and the nodes on which no output depends ([`Pipeline::unused`]). A terminal may show
    /// the text, whatever the name of the pipeline holds: hidden characters are escapes.
    ///
    /// ```
    /// use pixelflume_ops::GaussianBlur;
    /// use pixelflume_pipeline::{Pipeline, PipelineBuilder};
    ///
    /// let mut builder = PipelineBuilder::new("smooth");
    /// let input = builder.input("input")?;
    /// builder.then(input, "blur", GaussianBlur::new(5)?.sigma(1.1)?)?;
    /// let text = builder.build()?.to_toml()?;
    /// assert!(text.contains("op = \"gaussian_blur\"\nfrom = \"input\"\nsize = 5\nsigma = 1.1\n"));
    ///
    /// // In another process:
    /// let pipeline = Pipeline::from_toml(&text, "received")?;
    /// assert_eq!(pipeline.name(), "smooth");
    /// assert_eq!(pipeline.to_toml()?, text);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An operator is not built in, the name of an input or a node has other characters than letters, digits, `_`, `-` and `.`
    /// or begins with a `.`, or the text would be larger than 1 MiB.
    pub fn to_toml(&self) -> Result<String, PipelineTextError> {
        let names = self.inputs().chain(self.nodes().iter().map(Node::name));
        if let Some(name) = names.into_iter().find(|name| !names::is_usable(name)) {
            return Err(PipelineTextError::Name {
                name: name.to_owned(),
            });
        }
        let mut text = String::new();
        push(&mut text, "name", quoted(self.name()));
        push(&mut text, "inputs", list(self.inputs().map(quoted)));
        push(&mut text, "outputs", list(self.outputs().map(quoted)));
        push(&mut text, "fusion", self.fusion());
        decoding::write(self.decoding(), &mut text);
        for node in self.nodes() {
            self.push_node(&mut text, node)?;
            if text.len() > MAX_FILE_BYTES {
                return Err(PipelineTextError::TooLarge {
                    pipeline: self.name().to_owned(),
                    nodes: self.nodes().len(),
                    limit: MAX_FILE_BYTES,
                });
            }
        }
        Ok(text)
    }

    fn push_node(&self, text: &mut String, node: &Node) -> Result<(), PipelineTextError> {
        let no_text = || PipelineTextError::Operator {
            node: node.name().to_owned(),
            kind: node.operator().kind(),
        };
        let parameters = registry::values_of(&**node.operator()).ok_or_else(no_text)?;
        text.push_str("\n[[node]]\n");
        push(text, "name", quoted(node.name()));
        push(text, "op", quoted(parameters.spec().kind));
        let sources = node.sources().iter();
        let mut sources = sources.map(|&source| quoted(self.source_name(source)));
        match (sources.next(), sources.len()) {
            (Some(only), 0) => push(text, "from", only),
            (first, _) => push(text, "from", list(first.into_iter().chain(sources))),
        }
        for (parameter, value) in parameters.iter() {
            match value {
                Value::Default => {}
                Value::Integer(integer) => push(text, parameter.name, integer),
                Value::Number(number) => push(text, parameter.name, float(number)),
                Value::Numbers(numbers) => {
                    push(text, parameter.name, list(numbers.iter().map(float)));
                }
                Value::Color(samples) => push(text, parameter.name, list(samples)),
                Value::Flag(flag) => push(text, parameter.name, flag),
                Value::Name(name) => push(text, parameter.name, quoted(name)),
                // Only a newer crate of operators has more types.
                _ => return Err(no_text()),
            }
        }
        Ok(())
    }
}

/// Appends one line, `key = value`.
fn push(text: &mut String, key: &str, value: impl Display) {
    text.push_str(&format!("{key} = {value}\n"));
}

/// A TOML string on one line, with escapes for whatever would steer a terminal that shows it.
fn quoted(text: &str) -> String {
    let basic = TomlStringBuilder::new(text).as_basic().to_toml_value();
    let mut quoted = String::with_capacity(basic.len());
    for c in basic.chars() {
        match is_hidden(c) {
            true => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            false => quoted.push(c),
        }
    }
    quoted
}

/// The shortest TOML float from which the same number is read. (No operator takes NaN, which TOML spells otherwise.)
fn float(number: &f64) -> String {
    format!("{number:?}")
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}
