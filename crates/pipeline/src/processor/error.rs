//! The errors of processors.

use crate::error::PipelineError;
use crate::processor::equals::Backend;
use pixelflume_graph::text::Shown;
use pixelflume_ops::OperatorError;
use thiserror::Error;

/// A processor cannot be made of a text, a name or a setting.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcessorError {
    /// The file cannot be read.
    #[error("{}: {reason}", Shown(file))]
    File {
        /// The path of the file.
        file: String,
        /// The reason, and what to do.
        reason: String,
    },
    /// The text is larger than any file of a processor.
    #[error(
        "{bytes} bytes are too many for the JSON text of a processor, which has at most {limit}"
    )]
    TooLarge {
        /// Size of the text.
        bytes: usize,
        /// The most bytes that are read: 1 MiB.
        limit: usize,
    },
    /// The text is no JSON object.
    #[error("the text of a processor is a JSON object: {reason}")]
    Json {
        /// What was found, with line and column.
        reason: String,
    },
    /// There is no named processor of this name.
    #[error("there is no processor \"{}\"; {help}", Shown(name))]
    Name {
        /// The name.
        name: String,
        /// A similar name, and the names that there are.
        help: String,
    },
    /// The JSON text does not say its type.
    #[error(
        "the JSON text has no \"image_processor_type\", which says how to read the rest; add the class of the image processor that \
         transformers makes for the model, for example \"image_processor_type\": \"ViTImageProcessor\""
    )]
    NoType,
    /// The type of the JSON text is unknown.
    #[error("{key} = \"{}\" is unknown; {help}", Shown(class))]
    Type {
        /// The key that has the type.
        key: &'static str,
        /// The type.
        class: String,
        /// A similar type, and the types that there are.
        help: String,
    },
    /// Keys of the JSON text have no meaning for the type.
    #[error("{processor}: unknown key(s) {keys}; {help}")]
    UnknownKeys {
        /// Name of the type, for example `clip`, or `beside image_processor` for the keys around that object.
        processor: &'static str,
        /// The keys, the first ten of them.
        keys: String,
        /// A key that is similar to the first one, and the keys of the type.
        help: String,
    },
    /// A key of the JSON text has an impossible value.
    #[error("{processor}: {key} = {got} is not possible; {expected}")]
    Value {
        /// Name of the type, for example `clip`.
        processor: &'static str,
        /// The key.
        key: &'static str,
        /// The value, cut where it is long.
        got: String,
        /// What is possible, or the reason.
        expected: String,
    },
    /// A setting does not fit the processor.
    #[error("{processor}: {setting} = {got} is not possible; {expected}")]
    Setting {
        /// Name of the processor.
        processor: String,
        /// The setting, for example `layout`.
        setting: &'static str,
        /// The value.
        got: String,
        /// What is possible, or the reason.
        expected: String,
    },
    /// The library of the processor does not have the backend.
    #[error("{library} has no backend {backend}; backends: {known}")]
    Backend {
        /// The library that the processor equals.
        library: &'static str,
        /// The backend that was asked for.
        backend: Backend,
        /// The backends of the library.
        known: String,
    },
    /// An operator refuses what the processor asks of it.
    #[error("node \"{node}\" of the processor: {source}")]
    Operator {
        /// Name of the node.
        node: &'static str,
        /// The reason that the operator gives.
        source: Box<OperatorError>,
    },
    /// The pipeline of the processor cannot be built.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}
