//! The error of a command that did nothing.

pub(crate) use pixelflume_bench::full_text;
use std::fmt;

/// A message with lines of help that say what to do. The command ends with exit status 2.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Vec<String>,
}

impl Failure {
    /// A failure without help.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure {
            message: message.into(),
            help: Vec::new(),
        }
    }

    /// Adds a line of help.
    #[must_use]
    pub(crate) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }
}

impl fmt::Display for Failure {
    /// The message and the help, one line each, without the leading `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for line in &self.help {
            write!(f, "\n  help: {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    #[test]
    fn help_stands_on_lines_of_its_own() {
        let failure = Failure::new("no images")
            .help("name a file")
            .help("or a folder");
        assert_eq!(
            failure.to_string(),
            "no images\n  help: name a file\n  help: or a folder"
        );
    }

    #[test]
    fn causes_are_told_once() {
        let error = Layer(
            "cannot run: no memory",
            Some(Box::new(Layer(
                "no memory",
                Some(Box::new(Layer("limit 3", None))),
            ))),
        );
        assert_eq!(full_text(&error), "cannot run: no memory: limit 3");
    }
}
