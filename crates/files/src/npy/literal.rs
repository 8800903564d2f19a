//! The literals of Python that a header is made of. Nothing is evaluated.

use super::error::NpyError;
use crate::bytes::shown;

/// A reader of literals, from the first byte of a text on.
#[derive(Debug)]
pub(super) struct Literals<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Literals<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Literals { text, at: 0 }
    }

    /// What is not read yet, behind white space.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += space.count();
        &self.text[self.at..]
    }

    /// Whether the next byte is this one.
    pub(super) fn peeks(&mut self, byte: u8) -> bool {
        self.rest().first() == Some(&byte)
    }

    /// Reads the byte where it is the next one.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peeks(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), NpyError> {
        match self.take(byte) {
            true => Ok(()),
            false => Err(self.error(expected)),
        }
    }

    /// Reads a string in single or double quotes, without escapes.
    pub(super) fn string(&mut self, expected: &'static str) -> Result<&'a [u8], NpyError> {
        let rest = self.rest();
        let (Some(&quote @ (b'\'' | b'"')), Some(inner)) = (rest.first(), rest.get(1..)) else {
            return Err(self.error(expected));
        };
        let ends = |&byte: &u8| byte == quote || byte == b'\\';
        match inner.iter().position(ends) {
            Some(length) if inner[length] == quote => {
                self.at += length + 2;
                Ok(&inner[..length])
            }
            _ => Err(self.error("a string that ends, without escapes")),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool, NpyError> {
        let rest = self.rest();
        let words = [(&b"True"[..], true), (b"False", false)];
        match words.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, value)) => {
                self.at += word.len();
                Ok(value)
            }
            None => Err(self.error("True or False")),
        }
    }

    /// Reads a tuple of at most `limit` whole numbers.
    pub(super) fn tuple(&mut self, limit: usize) -> Result<Vec<usize>, NpyError> {
        self.expect(b'(', "( (a tuple of numbers)")?;
        let mut numbers = Vec::new();
        while !self.take(b')') {
            if numbers.len() == limit {
                return Err(NpyError::Dimensions { limit });
            }
            numbers.push(self.number()?);
            if self.take(b',') {
                continue;
            }
            // `(3)` is a number in parentheses, and no tuple.
            if numbers.len() == 1 {
                return Err(self.error(", (a tuple of one number has a comma)"));
            }
            self.expect(b')', ", or )")?;
            break;
        }
        Ok(numbers)
    }

    fn number(&mut self) -> Result<usize, NpyError> {
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok();
        let number = number.and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| self.error("a number from 0 to 2^64"))?;
        // Python 2 marked long numbers.
        let long = rest.get(digits) == Some(&b'L');
        self.at += digits + usize::from(long);
        Ok(number)
    }

    /// Checks that nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), NpyError> {
        match self.rest() {
            [] => Ok(()),
            _ => Err(self.error("the end of the header")),
        }
    }

    fn error(&mut self, expected: &'static str) -> NpyError {
        let found = shown(self.rest());
        NpyError::Syntax {
            offset: self.at,
            expected,
            found,
        }
    }
}
