//! The error of a benchmark.

use std::error::Error;
use thiserror::Error;

/// The result of a part of a measurement. Its errors come from many layers and are only printed.
pub(crate) type Measured<T> = Result<T, Box<dyn Error>>;

/// Why nothing was measured, or why the figures cannot be used.
#[derive(Debug, Error)]
pub enum BenchError {
    /// An option does not fit to the section, or has a value that nothing is known of.
    #[error("{message}")]
    Refused {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Of this GPU no shares of the copy bandwidth are stored to compare with.
    #[error(
        "no shares of the copy bandwidth are stored for {gpu}; --write-shares FILE measures them"
    )]
    NothingStored {
        /// The name of the GPU.
        gpu: String,
    },
    /// A part of the measurement failed.
    #[error("{0}")]
    Failed(String),
}

impl BenchError {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        BenchError::Refused {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn refused_with(message: impl Into<String>, help: impl Into<String>) -> Self {
        BenchError::Refused {
            message: message.into(),
            help: Some(help.into()),
        }
    }
}

impl From<Box<dyn Error>> for BenchError {
    fn from(error: Box<dyn Error>) -> Self {
        BenchError::Failed(full_text(&*error))
    }
}

/// The text of an error and its causes; a cause whose text is part of what stands before it is left out.
pub fn full_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn causes_are_told_once() {
        #[derive(Debug, Error)]
        #[error("{0}")]
        struct Layer(&'static str, #[source] io::Error);
        let layer = |text| Layer(text, io::Error::other("no memory"));
        assert_eq!(full_text(&layer("cannot run")), "cannot run: no memory");
        assert_eq!(full_text(&layer("no memory here")), "no memory here");
    }
}
