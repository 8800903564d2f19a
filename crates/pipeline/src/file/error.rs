//! What a pipeline file can be refused for, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A pipeline file was refused. It holds every problem that was found, at least one, in the order of the file.
///
/// Its text shows each problem as compilers do: what is wrong, file, line and column, the line with the place marked,
/// and what would be right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PipelineFileError {
    problems: Vec<Problem>,
}

impl PipelineFileError {
    /// An error with these problems, of which there is at least one.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error says what is wrong");
        problems.sort_by_key(|problem| {
            problem
                .place
                .as_ref()
                .map(|place| (place.line, place.column))
        });
        problems.dedup();
        PipelineFileError { problems }
    }

    /// All problems, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
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
        Ok(())
    }
}

impl std::error::Error for PipelineFileError {}

/// One thing that is wrong with a pipeline file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    file: Arc<str>,
    place: Option<Place>,
    message: String,
    help: Option<String>,
}

/// A marked place in the text of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    line: usize,
    column: usize,
    /// The line as it is shown: tabs and control characters are replaced.
    shown: String,
    /// Where the mark begins in `shown`, and how long it is, in characters.
    mark: Range<usize>,
}

impl Problem {
    /// A problem of the file as a whole, for example that it cannot be read.
    pub(super) fn of_file(file: &Arc<str>, message: String, help: Option<String>) -> Self {
        Problem {
            file: Arc::clone(file),
            place: None,
            message,
            help,
        }
    }

    /// Name of the file, as it was given.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Number of the line, from 1; `None` where the problem is with the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// Number of the column in characters, from 1; `None` where the problem is with the file as a whole.
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right, where that can be said.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let gutter = match &self.place {
            Some(place) => place.line.to_string().len(),
            None => 1,
        };
        write!(f, "\n{:gutter$}--> {}", "", self.file)?;
        if let Some(place) = &self.place {
            let Place {
                line,
                column,
                shown,
                mark,
            } = place;
            write!(f, ":{line}:{column}\n{:gutter$} |\n{line} | {shown}", "")?;
            write!(f, "\n{:gutter$} | {:before$}", "", "", before = mark.start)?;
            write!(f, "{:^<count$}", "", count = mark.len())?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:gutter$} = help: {help}", "")?;
        }
        Ok(())
    }
}

/// The text of a pipeline file, for turning byte offsets into places.
#[derive(Clone, Debug)]
pub(super) struct SourceText<'a> {
    file: Arc<str>,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'a> SourceText<'a> {
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Self {
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(line_ends.map(|(at, _)| at + 1));
        SourceText {
            file,
            text,
            lines: lines.collect(),
        }
    }

    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Line and column, from 1, of a byte offset. Offsets outside the text or inside a character are moved back.
    pub(super) fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.boundary(offset);
        let line = self.lines.partition_point(|&start| start <= offset);
        let before = &self.text[self.lines[line - 1]..offset];
        (line, 1 + before.chars().count())
    }

    /// A problem at these bytes of the text.
    pub(super) fn problem(
        &self,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let start = self.boundary(span.start);
        let (line, column) = self.line_column(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let end = self.boundary(span.end).clamp(start, line_end);

        let before = shown(&self.text[line_start..start]);
        let marked = shown(self.text[start..end].trim_end());
        let after = shown(self.text[start..line_end].trim_end());
        let mark_start = before.chars().count();
        let mark = mark_start..mark_start + marked.chars().count().max(1);
        let place = Place {
            line,
            column,
            shown: (before + &after).trim_end().to_owned(),
            mark,
        };
        Problem {
            file: Arc::clone(&self.file),
            place: Some(place),
            message,
            help,
        }
    }

    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

/// The text as one line of a terminal: tabs as four blanks, control characters as a replacement.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            c if c.is_control() => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceText<'_> {
        SourceText::new("some.toml".into(), text)
    }

    #[test]
    fn a_place_is_marked_in_its_line() {
        let text = "a = 1\nblur = \"x\"\nc = 2\n";
        let start = text.find('"').unwrap();
        let problem =
            source(text).problem(start..start + 3, "bad".to_owned(), Some("good".to_owned()));
        assert_eq!((problem.line(), problem.column()), (Some(2), Some(8)));
        let expected =
            "error: bad\n --> some.toml:2:8\n  |\n2 | blur = \"x\"\n  |        ^^^\n  = help: good";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn tabs_and_wide_text_keep_the_mark_in_place() {
        let problem = source("\tä = \u{7}1\r\n").problem(6..9, "bad".to_owned(), None);
        let expected = "error: bad\n --> some.toml:1:6\n  |\n1 |     ä = \u{fffd}1\n  |         ^^";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_mark_stays_on_its_line_and_in_the_text() {
        let text = "a = [\n1,\n";
        let problem = source(text).problem(4..9, "bad".to_owned(), None);
        assert!(problem.to_string().ends_with("1 | a = [\n  |     ^"));
        let beyond = source(text).problem(100..200, "bad".to_owned(), None);
        assert_eq!((beyond.line(), beyond.column()), (Some(3), Some(1)));
    }

    #[test]
    fn a_problem_of_the_whole_file_has_no_place() {
        let problem = Problem::of_file(&"x.toml".into(), "cannot be read".to_owned(), None);
        assert_eq!(problem.to_string(), "error: cannot be read\n --> x.toml");
        assert_eq!(problem.line(), None);
    }
}
