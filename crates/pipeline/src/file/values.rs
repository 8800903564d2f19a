//! Reads typed values from a parsed TOML table, and notes a problem at the place of each wrong value.

use super::error::{MOST_PROBLEMS, PipelineFileError};
use super::source::SourceText;
use crate::file::error::Problem;
use pixelflume_graph::text::Shown;
use std::fmt::Display;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// The problems of one file: the first 20 that are found, and the number of further ones.
pub(super) struct Problems<'a> {
    source: SourceText<'a>,
    list: Vec<Problem>,
    more: usize,
}

impl<'a> Problems<'a> {
    pub(super) fn new(source: SourceText<'a>) -> Self {
        Problems {
            source,
            list: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn source(&self) -> &SourceText<'a> {
        &self.source
    }

    /// Notes a problem at these bytes of the file. What is said of it is written only where the problem will be told: give
    /// `format_args!`, and an empty `help` for none.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Display, help: impl Display) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.list.push(self.source.problem(span, &message, &help));
        }
    }

    /// Whether further problems are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST_PROBLEMS
    }

    /// Counts problems without keeping them.
    pub(super) fn add_untold(&mut self, count: usize) {
        self.more += count;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_error(self) -> PipelineFileError {
        PipelineFileError::new(self.list, self.more)
    }

    /// Notes that a value has the wrong type.
    fn wrong_type(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        example: &str,
    ) {
        let got = type_name(value.get_ref());
        self.add(
            value.span(),
            format_args!("`{key}` must be {expected}, got {got}"),
            format_args!("write for example `{example}`"),
        );
    }

    /// The value as text.
    pub(super) fn text<'t>(
        &mut self,
        key: &str,
        value: &'t Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<Spanned<&'t str>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(value.span(), text.as_ref())),
            _ => {
                self.wrong_type(key, value, "a string", example);
                None
            }
        }
    }

    /// The value as texts: an array of strings, or one string, which stands for an array of one.
    pub(super) fn texts<'t>(
        &mut self,
        key: &str,
        value: &'t Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<Vec<Spanned<&'t str>>> {
        match value.get_ref() {
            DeValue::String(text) => Some(vec![Spanned::new(value.span(), text.as_ref())]),
            DeValue::Array(items) => {
                // All items are read, so that each wrong one is reported.
                let read: Vec<_> = items
                    .iter()
                    .map(|item| self.text(key, item, example))
                    .collect();
                read.into_iter().collect()
            }
            _ => {
                self.wrong_type(key, value, "a string or an array of strings", example);
                None
            }
        }
    }

    /// The value as a boolean.
    pub(super) fn flag(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<bool> {
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.wrong_type(key, value, "a boolean", example);
            return None;
        };
        Some(*flag)
    }

    /// The value as a `u32`.
    pub(super) fn count(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<u32> {
        self.integer(key, value, example, u32::MAX)
    }

    /// The value as a `u8`.
    pub(super) fn byte(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<u8> {
        self.integer(key, value, example, u8::MAX)
    }

    /// The value as an integer from 0 to `max`, the largest of its type.
    fn integer<T: TryFrom<i128> + Display>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
        max: T,
    ) -> Option<T> {
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, "an integer", example);
            return None;
        };
        let number = integer_value(integer).and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            self.add(
                value.span(),
                format_args!("`{key}` = {} is out of range", Shown(integer.as_str())),
                format_args!("write an integer from 0 to {max}, for example `{example}`"),
            );
        }
        number
    }

    /// The value as numbers: an array of numbers, or one number, which stands for an array of one.
    pub(super) fn numbers(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<Vec<f64>> {
        let DeValue::Array(items) = value.get_ref() else {
            return self.number(key, value, example).map(|number| vec![number]);
        };
        // All items are read, so that each wrong one is reported.
        let read: Vec<_> = items
            .iter()
            .map(|item| self.number(key, item, example))
            .collect();
        read.into_iter().collect()
    }

    /// The value as a floating point number, which may be written as an integer.
    pub(super) fn number(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        example: &str,
    ) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => integer_value(integer).map(|number| number as f64),
            _ => {
                self.wrong_type(key, value, "a number", example);
                return None;
            }
        };
        if number.is_none() {
            self.add(
                value.span(),
                format_args!("`{key}` is not a number that can be represented"),
                format_args!("write for example `{example}`"),
            );
        }
        number
    }
}

fn integer_value(integer: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a floating point number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// Key and value of an entry, with their places.
pub(super) type Entry<'t, 'i> = (
    &'t Spanned<std::borrow::Cow<'i, str>>,
    &'t Spanned<DeValue<'i>>,
);

/// The entry of this key.
pub(super) fn entry<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<Entry<'t, 'i>> {
    table.iter().find(|(name, _)| name.get_ref() == key)
}

/// The keys of a table that are not known.
pub(super) fn unknown_keys(
    table: &DeTable<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Vec<Spanned<String>> {
    let keys = table.iter().map(|(key, _)| key);
    keys.filter(|key| !is_known(key.get_ref()))
        .map(|key| Spanned::new(key.span(), key.get_ref().to_string()))
        .collect()
}
