//! The errors of pipeline files.

use super::source::Place;
use crate::error::names::shown_file;
use pixelflume_graph::text::printable;
use std::fmt;
use std::sync::Arc;

/// The most problems that an error holds.
pub(super) const MOST_PROBLEMS: usize = 20;
/// The most characters of a problem's message.
const MESSAGE_CHARS: usize = 400;
const HELP_CHARS: usize = 1000;

/// A pipeline file was refused. It holds the first 20 problems that were found, at least one, in the order of the file.
///
/// Its text shows each problem as compilers do: what is wrong, file, line and column, the line with the place marked,
/// and what would be right. Long lines, names and lists are cut, and characters that would steer a terminal are replaced, so
/// that the text may be printed whatever the file holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PipelineFileError {
    problems: Vec<Problem>,
    more: usize,
}

impl PipelineFileError {
    /// Makes an error of these problems, at least one, and of a number of problems that are only
    /// counted.
    pub(super) fn new(mut problems: Vec<Problem>, more: usize) -> Self {
        debug_assert!(!problems.is_empty(), "an error says what is wrong");
        problems.sort_by_key(|problem| {
            problem
                .place
                .as_ref()
                .map(|place| (place.line, place.column))
        });
        problems.dedup();
        PipelineFileError { problems, more }
    }

    /// The problems in the order of the file: all of them, or the first 20 that were found, which need not be the first
    /// 20 of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The number of further problems.
    pub fn more_problems(&self) -> usize {
        self.more
    }
}

impl fmt::Display for PipelineFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("\n\nand 1 more problem"),
            more => write!(f, "\n\nand {more} more problems"),
        }
    }
}

impl std::error::Error for PipelineFileError {}

/// A problem of a pipeline file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    file: Arc<str>,
    place: Option<Place>,
    message: String,
    help: Option<String>,
}

impl Problem {
    /// Makes a problem at a place of the file, or of the file as a whole, for example that it cannot be read. An empty
    /// `help` is none.
    pub(super) fn new(
        file: &Arc<str>,
        place: Option<Place>,
        message: &dyn fmt::Display,
        help: &dyn fmt::Display,
    ) -> Self {
        let help = printable(help, HELP_CHARS);
        Problem {
            file: Arc::clone(file),
            place,
            message: printable(message, MESSAGE_CHARS),
            help: (!help.is_empty()).then_some(help),
        }
    }

    /// Name of the file, as the caller gave it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Number of the line, from 1; `None` for a problem of the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// Number of the column in characters, from 1; `None` for a problem of the file as a whole.
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// The message, of at most 400 characters.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Advice for a correction, where there is one, of at most 1,000 characters.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let gutter = match &self.place {
            Some(place) => " ".repeat(place.line.to_string().len()),
            None => " ".to_owned(),
        };
        write!(f, "\n{gutter}--> {}", shown_file(&self.file))?;
        if let Some(place) = &self.place {
            let (line, column, shown) = (place.line, place.column, &place.shown);
            write!(f, ":{line}:{column}\n{gutter} |\n{line} | {shown}")?;
            let (before, mark) = (" ".repeat(place.mark.start), "^".repeat(place.mark.len()));
            write!(f, "\n{gutter} | {before}{mark}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_the_whole_file_has_no_place() {
        let problem = Problem::new(&"x.toml".into(), None, &"cannot be read", &"");
        assert_eq!(problem.to_string(), "error: cannot be read\n --> x.toml");
        assert_eq!((problem.line(), problem.help()), (None, None));
    }
}
