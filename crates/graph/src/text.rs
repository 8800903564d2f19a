//! Names as people read them, in messages, tables and drawings: short, and without characters that steer a terminal.
//!
//! Names come from files and callers, and may be of any length and hold any character. What is shown of them is bounded: at
//! most [`NAME_CHARS`] characters of a name, and [`LISTED`] names of a list. Data for programs (JSON, traces) has them whole.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// The most characters of a name that are shown.
pub const NAME_CHARS: usize = 64;

/// The most names of a list that are shown.
pub const LISTED: usize = 10;

/// The number of shown characters that come from the end of a long name.
const TAIL: usize = 16;

const ELLIPSIS: &str = "...";

/// The name, or where it is longer than [`NAME_CHARS`], its beginning and its end with `...` between them. Looks at no
/// more characters than it shows.
#[must_use]
pub fn cut(name: &str) -> Cow<'_, str> {
    if name.chars().nth(NAME_CHARS).is_none() {
        return Cow::Borrowed(name);
    }
    let head = NAME_CHARS - TAIL - ELLIPSIS.len();
    let head = name.chars().take(head);
    let tail = name.char_indices().nth_back(TAIL - 1);
    let tail = tail.map_or("", |(at, _)| &name[at..]);
    Cow::Owned(head.chain(ELLIPSIS.chars()).chain(tail.chars()).collect())
}

/// Whether a character steers a terminal or changes the order of a line: control characters, the separators of lines
/// and paragraphs, the marks that change the direction of writing, and the byte order mark.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// A name as messages and tables show it: [`cut`], and hidden characters as escapes such as `\u{1b}`.
///
/// ```
/// use pixelflume_graph::text::Shown;
///
/// assert_eq!(Shown("blur").to_string(), "blur");
/// assert_eq!(Shown("red\u{1b}[31m").to_string(), "red\\u{1b}[31m");
/// ```
#[derive(Copy, Clone, Debug)]
pub struct Shown<T>(pub T);

impl<T: AsRef<str>> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in cut(self.0.as_ref()).chars() {
            match is_hidden(c) {
                true => write!(f, "{}", c.escape_default())?,
                false => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A list of names in a message: the first [`LISTED`] names, and the number of further ones.
///
/// ```
/// use pixelflume_graph::text::Listed;
///
/// let names: Vec<String> = (0..12).map(|n| format!("n{n}")).collect();
/// assert_eq!(Listed::new(&names[..3]).to_string(), "n0, n1, n2");
/// assert_eq!(
///     Listed::new(&names).to_string(),
///     "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Listed<I> {
    names: I,
    separator: &'static str,
    most: usize,
    total: Option<usize>,
    quote: &'static str,
}

impl<I: Iterator<Item: AsRef<str>> + Clone> Listed<I> {
    /// Makes a list with commas between the names.
    pub fn new(names: impl IntoIterator<IntoIter = I>) -> Self {
        Listed {
            names: names.into_iter(),
            separator: ", ",
            most: LISTED,
            total: None,
            quote: "",
        }
    }

    /// The same list with another text between the names.
    #[must_use]
    pub fn separated_by(self, separator: &'static str) -> Self {
        Listed { separator, ..self }
    }

    /// The same list with quotation marks around each name.
    #[must_use]
    pub fn quoted(self) -> Self {
        Listed {
            quote: "\"",
            ..self
        }
    }

    /// The same list with at most `most` names, in place of [`LISTED`].
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Listed { most, ..self }
    }

    /// The same list, as the first names of a list of `total` names.
    #[must_use]
    pub fn of(self, total: usize) -> Self {
        let total = Some(total);
        Listed { total, ..self }
    }
}

impl<I: Iterator<Item: AsRef<str>> + Clone> fmt::Display for Listed<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = 0;
        for name in self.names.clone().take(self.most) {
            if shown > 0 {
                f.write_str(self.separator)?;
            }
            let quote = self.quote;
            write!(f, "{quote}{}{quote}", Shown(name))?;
            shown += 1;
        }
        let total = self.total.unwrap_or_else(|| self.names.clone().count());
        match total.saturating_sub(shown) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// The first `most` characters of a text, with hidden characters replaced, and `...` where the text is
/// longer.
#[must_use]
pub fn printable(what: &(impl fmt::Display + ?Sized), most: usize) -> String {
    let mut printable = Printable {
        text: String::new(),
        room: most,
    };
    // It refuses what it has no room for, and then the writing stops.
    if write!(printable, "{what}").is_err() {
        printable.text.push_str("...");
    }
    printable.text
}

struct Printable {
    text: String,
    room: usize,
}

impl fmt::Write for Printable {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(if is_hidden(c) { '\u{fffd}' } else { c });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        let whole = "x".repeat(NAME_CHARS);
        assert_eq!(cut(&whole), whole);
        let long = format!("begin{}end", "é".repeat(70_000));
        let short = cut(&long);
        assert_eq!(short.chars().count(), NAME_CHARS);
        assert!(
            short.starts_with("begin") && short.ends_with("end"),
            "{short}"
        );
        assert!(short.contains("é...é"), "{short}");
    }

    #[test]
    fn nothing_hidden_is_left() {
        let name = "a\0\t\r\n\u{7}\u{1b}[31m\u{7f}\u{9b}\u{200f}\u{202e}\u{2066}\u{2028}\u{feff}é";
        let shown = Shown(name).to_string();
        assert!(!shown.contains(is_hidden), "{shown:?}");
        assert!(
            shown.starts_with("a\\u{0}\\t\\r\\n") && shown.ends_with('é'),
            "{shown}"
        );
    }

    #[test]
    fn what_is_said_ends_where_there_is_no_room() {
        assert_eq!(printable("as much", 7), "as much");
        assert_eq!(printable("too much", 7), "too muc...");
        assert_eq!(printable("a\u{1b}b\nc", 9), "a\u{fffd}b\u{fffd}c");
    }
}
