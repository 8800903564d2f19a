//! The parameters of a node, read one by one as its operator needs them.

use super::OperatorEntry;
use crate::file::suggest;
use crate::file::values::{Problems, entry};
use crate::operator::SharedOperator;
use pixelflume_graph::text::Shown;
use pixelflume_ops::{Operator, OperatorError};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The parameters of one node, as its operator's entry reads them. A method that gives `None` has noted why.
pub(in crate::file) struct Parameters<'n, 'i, 's> {
    pub(in crate::file) entry: &'static OperatorEntry,
    pub(in crate::file) table: &'n DeTable<'i>,
    /// Name of the node, for messages.
    pub(in crate::file) node: &'n str,
    /// Where the node begins, for what it lacks.
    pub(in crate::file) header: Range<usize>,
    pub(in crate::file) problems: &'n mut Problems<'s>,
}

impl Parameters<'_, '_, '_> {
    /// A required integer that is not negative.
    pub(super) fn count(&mut self, key: &'static str) -> Option<u32> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.count(key, value, example),
            None => self.missing(key),
        }
    }

    /// An integer that is not negative, `default` where it is left out.
    pub(super) fn count_or(&mut self, key: &'static str, default: u32) -> Option<u32> {
        match entry(self.table, key) {
            Some(_) => self.count(key),
            None => Some(default),
        }
    }

    /// A required integer from 0 to 255.
    pub(super) fn byte(&mut self, key: &'static str) -> Option<u8> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.byte(key, value, example),
            None => self.missing(key),
        }
    }

    /// An integer from 0 to 255, `default` where it is left out.
    pub(super) fn byte_or(&mut self, key: &'static str, default: u8) -> Option<u8> {
        match entry(self.table, key) {
            Some(_) => self.byte(key),
            None => Some(default),
        }
    }

    /// A colour: one integer from 0 to 255 for all channels, or one for each of 3 or 4; `default` where it is left out.
    /// Three leave the fourth channel at 0, as OpenCV's `Scalar` does.
    pub(super) fn colour_or(&mut self, key: &'static str, default: [u8; 4]) -> Option<[u8; 4]> {
        let example = self.example(key);
        let Some((_, value)) = entry(self.table, key) else {
            return Some(default);
        };
        let DeValue::Array(items) = value.get_ref() else {
            return self.problems.byte(key, value, example).map(|all| [all; 4]);
        };
        // All items are read, so that each wrong one is reported.
        let read: Vec<_> = items
            .iter()
            .map(|item| self.problems.byte(key, item, example))
            .collect();
        let read: Vec<u8> = read.into_iter().collect::<Option<_>>()?;
        match read[..] {
            [r, g, b] => Some([r, g, b, 0]),
            [r, g, b, a] => Some([r, g, b, a]),
            _ => {
                self.problems.add(
                    value.span(),
                    format_args!("`{key}` has {} integers", read.len()),
                    format_args!(
                        "write one integer for all channels, or an array of 3 or 4, for example `{example}`"
                    ),
                );
                None
            }
        }
    }

    /// Required numbers: an array, or one number, which stands for an array of one.
    pub(super) fn numbers(&mut self, key: &'static str) -> Option<Vec<f64>> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.numbers(key, value, example),
            None => self.missing(key),
        }
    }

    /// So many required numbers, as an array.
    pub(super) fn numbers_of<const N: usize>(&mut self, key: &'static str) -> Option<[f64; N]> {
        let example = self.example(key);
        let numbers = self.numbers(key)?;
        let count = numbers.len();
        let all = numbers.try_into().ok();
        if all.is_none() {
            let span =
                entry(self.table, key).map_or(self.header.clone(), |(_, value)| value.span());
            self.problems.add(
                span,
                format_args!("`{key}` has {count} numbers"),
                format_args!("write {N}, for example `{example}`"),
            );
        }
        all
    }

    /// `true` or `false`, `default` where it is left out.
    pub(super) fn flag_or(&mut self, key: &'static str, default: bool) -> Option<bool> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.flag(key, value, example),
            None => Some(default),
        }
    }

    /// A number that may be left out.
    #[expect(
        clippy::option_option,
        reason = "wrong, left out and given are three cases"
    )]
    pub(super) fn optional_number(&mut self, key: &'static str) -> Option<Option<f64>> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.number(key, value, example).map(Some),
            None => Some(None),
        }
    }

    /// One of a few words; required where there is no default.
    pub(super) fn choice<T: Copy, const N: usize>(
        &mut self,
        key: &'static str,
        choices: [T; N],
        name: fn(T) -> &'static str,
        default: Option<T>,
    ) -> Option<T> {
        let example = self.example(key);
        let Some((_, value)) = entry(self.table, key) else {
            return default.or_else(|| self.missing(key));
        };
        let text = self.problems.text(key, value, example)?;
        let found = choices
            .into_iter()
            .find(|&choice| name(choice) == *text.get_ref());
        if found.is_none() {
            let help = suggest::words(text.get_ref(), "Possible", choices.into_iter().map(name));
            self.problems.add(
                text.span(),
                format_args!("unknown {key} \"{}\"", Shown(text.get_ref())),
                help,
            );
        }
        found
    }

    /// The operator, or the problem at the parameter that it refused.
    pub(super) fn operator<T: Operator + 'static>(
        &mut self,
        made: Result<T, OperatorError>,
    ) -> Option<SharedOperator> {
        match made {
            Ok(operator) => Some(SharedOperator::new(operator)),
            Err(OperatorError::Parameter {
                operator,
                parameter,
                got,
                expected,
            }) => {
                let span = entry(self.table, parameter)
                    .map_or(self.header.clone(), |(_, value)| value.span());
                self.problems.add(
                    span,
                    format_args!("{operator}: {parameter} = {got} is not possible"),
                    expected,
                );
                None
            }
            Err(other) => {
                self.problems.add(self.header.clone(), other, "");
                None
            }
        }
    }

    fn missing<T>(&mut self, key: &'static str) -> Option<T> {
        self.problems.add(
            self.header.clone(),
            format_args!(
                "node \"{}\" lacks `{key}`, which {} needs",
                Shown(self.node),
                self.entry.kind
            ),
            format_args!("add for example `{}`", self.example(key)),
        );
        None
    }

    fn example(&self, key: &str) -> &'static str {
        let parameters = self.entry.parameters.iter();
        let found = parameters.clone().find(|parameter| parameter.key == key);
        found
            .expect("an entry reads only the keys that it lists")
            .example
    }
}
