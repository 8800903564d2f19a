//! The text of a pipeline file, and the places of problems in it.

use super::error::Problem;
use pixelflume_graph::text::is_hidden;
use std::cell::Cell;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

/// The most characters of a line that are shown around a mark.
const WINDOW: usize = 120;
/// The number of characters shown before a mark where the line is longer than the window.
const BEFORE: usize = 40;

/// A marked place in the text of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
    /// The line, or the part of it around the mark, in the form in which it is shown: tabs and hidden
    /// characters are replaced.
    pub(super) shown: String,
    /// The beginning and the length of the mark in `shown`, in characters.
    pub(super) mark: Range<usize>,
}

/// The text of a pipeline file, which converts byte offsets to places.
#[derive(Debug)]
pub(super) struct SourceText<'a> {
    file: Arc<str>,
    text: &'a str,
    /// The last offset that was looked up, with its line and column. Most offsets come in the order of the file, and
    /// are counted from there.
    last: Cell<(usize, usize, usize)>,
}

impl<'a> SourceText<'a> {
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Self {
        SourceText {
            file,
            text,
            last: Cell::new((0, 1, 1)),
        }
    }

    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Line and column, from 1, of a byte offset. Offsets outside the text or inside a character are moved back. Takes time
    /// for the bytes from the offset before, from the start of the text where that lies behind.
    pub(super) fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.boundary(offset);
        let (mut from, mut line, mut column) = self.last.get();
        if from > offset {
            (from, line, column) = (0, 1, 1);
        }
        for c in self.text[from..offset].chars() {
            (line, column) = match c {
                '\n' => (line + 1, 1),
                _ => (line, column + 1),
            };
        }
        self.last.set((offset, line, column));
        (line, column)
    }

    /// Makes a problem at these bytes of the text.
    pub(super) fn problem(
        &self,
        span: Range<usize>,
        message: &dyn Display,
        help: &dyn Display,
    ) -> Problem {
        Problem::new(&self.file, Some(self.place(span)), message, help)
    }

    fn place(&self, span: Range<usize>) -> Place {
        let start = self.boundary(span.start);
        let (line, column) = self.line_column(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let end = self.boundary(span.end).clamp(start, line_end);
        let before = &self.text[line_start..start];
        let marked = self.text[start..end].trim_end();
        let after = self.text[start..line_end].trim_end();

        // The window: from the mark on as much as there is room for, before it what is left, and some in any case.
        let behind = after.chars().take(WINDOW + 1).count();
        let before_mark = before.chars().rev().take(WINDOW + 1).count();
        let (mut first, mut rest) = (before, after);
        if before_mark + behind > WINDOW {
            let kept = before_mark.min(BEFORE.max(WINDOW.saturating_sub(behind)));
            let at = kept
                .checked_sub(1)
                .and_then(|back| before.char_indices().nth_back(back));
            first = &before[at.map_or(before.len(), |(at, _)| at)..];
            let end = after.char_indices().nth(WINDOW - kept);
            rest = &after[..end.map_or(after.len(), |(at, _)| at)];
        }
        let mut shown = String::new();
        if first.len() < before.len() {
            shown.push_str("...");
        }
        push_shown(&mut shown, first);
        let mark_start = shown.chars().count();
        push_shown(&mut shown, &rest[..marked.len().min(rest.len())]);
        let mark = mark_start..shown.chars().count().max(mark_start + 1);
        push_shown(&mut shown, &rest[marked.len().min(rest.len())..]);
        if rest.len() < after.len() {
            shown.push_str("...");
        }
        shown.truncate(shown.trim_end().len());
        Place {
            line,
            column,
            shown,
            mark,
        }
    }

    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

/// Appends the text as a part of one line of a terminal: tabs as four blanks, hidden characters as a replacement.
fn push_shown(shown: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            c if is_hidden(c) => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceText<'_> {
        SourceText::new("some.toml".into(), text)
    }

    fn shown(text: &str, span: Range<usize>) -> (String, String) {
        let place = source(text).place(span);
        let mark = " ".repeat(place.mark.start) + &"^".repeat(place.mark.len());
        (place.shown, mark)
    }

    #[test]
    fn a_place_is_marked_in_its_line() {
        let text = "a = 1\nblur = \"x\"\nc = 2\n";
        let start = text.find('"').unwrap();
        let problem = source(text).problem(start..start + 3, &"bad", &"good");
        assert_eq!((problem.line(), problem.column()), (Some(2), Some(8)));
        let expected =
            "error: bad\n --> some.toml:2:8\n  |\n2 | blur = \"x\"\n  |        ^^^\n  = help: good";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn tabs_and_wide_text_keep_the_mark_in_place() {
        let problem = source("\tä = \u{7}1\r\n").problem(6..9, &"bad", &"");
        let expected = "error: bad\n --> some.toml:1:6\n  |\n1 |     ä = \u{fffd}1\n  |         ^^";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_mark_stays_on_its_line_and_in_the_text() {
        let text = "a = [\n1,\n";
        assert_eq!(shown(text, 4..9), ("a = [".to_owned(), "    ^".to_owned()));
        let beyond = source(text).place(100..200);
        assert_eq!((beyond.line, beyond.column), (3, 1));
    }

    #[test]
    fn of_a_long_line_the_part_around_the_mark_is_shown() {
        let ends = |shown: &str| (shown.starts_with("..."), shown.ends_with("..."));
        let whole = "x".repeat(WINDOW);
        assert_eq!(shown(&whole, 5..7), (whole.clone(), "     ^^".to_owned()));
        let text = "é".repeat(1000);
        for (at, expected) in [
            (0, (false, true)),
            (1000, (true, true)),
            (1998, (true, false)),
        ] {
            let (line, mark) = shown(&text, at..at + 2);
            assert_eq!(ends(&line), expected, "{line}");
            assert!(line.chars().count() <= WINDOW + 6, "{line}");
            assert_eq!(mark.matches('^').count(), 1);
            assert!(mark.len() <= line.chars().count());
        }
        // Behind the end, and all of it.
        assert_eq!(shown(&text, 2000..2000).1.len(), 3 + WINDOW + 1);
        assert_eq!(shown(&text, 0..2000).1, "^".repeat(WINDOW));
    }

    #[test]
    fn offsets_are_found_in_any_order() {
        let source = source("ab\ncd\n\u{e9}f");
        for (offset, expected) in [
            (4, (2, 2)),
            (0, (1, 1)),
            (8, (3, 2)),
            (7, (3, 1)),
            (2, (1, 3)),
            (99, (3, 3)),
        ] {
            assert_eq!(source.line_column(offset), expected, "{offset}");
        }
    }
}
