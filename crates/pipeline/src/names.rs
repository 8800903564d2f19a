//! What errors are about: nodes, inputs, and places in files.

use std::fmt;
use std::sync::Arc;

/// A place in a pipeline file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// Name of the file, as it was given.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    /// `file:line:column`, as editors and terminals take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The node that an error is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeName {
    /// Name of the node.
    pub name: String,
    /// Where the node stands, when the pipeline came from a file.
    pub location: Option<Location>,
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node \"{}\"", self.name)?;
        match &self.location {
            Some(location) => write!(f, " ({location})"),
            None => Ok(()),
        }
    }
}

/// What memory is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemoryOwner {
    /// An input of the pipeline, by name.
    Input(String),
    /// A node, by name.
    Node(String),
}

impl MemoryOwner {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            MemoryOwner::Input(name) | MemoryOwner::Node(name) => name,
        }
    }
}

impl fmt::Display for MemoryOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemoryOwner::Input(name) => write!(f, "input \"{name}\""),
            MemoryOwner::Node(name) => write!(f, "node \"{name}\""),
        }
    }
}
