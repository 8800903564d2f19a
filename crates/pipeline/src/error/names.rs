//! The names of nodes, inputs, and places in files, for errors.

use pixelflume_graph::text::{Shown, printable};
use std::fmt;
use std::sync::Arc;

/// A place in a pipeline file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// Name of the file, as the caller gave it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    /// Writes `file:line:column`, which editors and terminals understand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = shown_file(&self.file);
        write!(f, "{file}:{}:{}", self.line, self.column)
    }
}

/// The name of a file in messages, uncut for editors and terminals, unless it is longer than any path.
pub(crate) fn shown_file(file: &str) -> String {
    printable(file, 1000)
}

/// The node that an error is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeName {
    /// Name of the node.
    pub name: String,
    /// The place of the node, when the pipeline came from a file.
    pub location: Option<Location>,
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node \"{}\"", Shown(&self.name))?;
        match &self.location {
            Some(location) => write!(f, " ({location})"),
            None => Ok(()),
        }
    }
}

/// The owner of memory, for errors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemoryOwner {
    /// An input of the pipeline, by name.
    Input(String),
    /// A node, by name.
    Node(String),
}

impl MemoryOwner {
    /// The name of the input or node.
    pub fn name(&self) -> &str {
        match self {
            MemoryOwner::Input(name) | MemoryOwner::Node(name) => name,
        }
    }
}

impl fmt::Display for MemoryOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemoryOwner::Input(name) => write!(f, "input \"{}\"", Shown(name)),
            MemoryOwner::Node(name) => write!(f, "node \"{}\"", Shown(name)),
        }
    }
}
