//! The parameters of a node of a pipeline file, read by their types.

use super::suggest;
use super::values::{Problems, entry};
use pixelflume_graph::text::Shown;
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterSpec, ParameterType, Value};
use pixelflume_ops::{Operator, OperatorError};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The value of a parameter that is given for each image, beside the batch.
const INPUT: &str = "input";

/// The parameters of one node. A method that gives `None` has noted why.
pub(super) struct Parameters<'n, 'i, 's> {
    pub(super) spec: &'static OperatorSpec,
    pub(super) table: &'n DeTable<'i>,
    /// Name of the node, for messages.
    pub(super) node: &'n str,
    /// The place where the node begins, for problems of missing keys.
    pub(super) header: Range<usize>,
    pub(super) problems: &'n mut Problems<'s>,
}

impl Parameters<'_, '_, '_> {
    /// The operator of the node.
    pub(super) fn operator(&mut self) -> Option<Arc<dyn Operator>> {
        let parameters = self.spec.parameters.iter();
        // All parameters are read, so that each wrong one is reported.
        let read: Vec<_> = parameters
            .map(|parameter| Some((parameter.name, self.value(parameter)?)))
            .collect();
        let given: Vec<_> = read.into_iter().collect::<Option<_>>()?;
        let made = self.spec.values(given).and_then(|values| values.build());
        made.map_err(|error| self.refused(error)).ok()
    }

    /// The value of a parameter, which is its default where the node does not have it.
    fn value(&mut self, parameter: &'static ParameterSpec) -> Option<Value> {
        let Some((_, value)) = entry(self.table, parameter.name) else {
            return match parameter.default {
                ParameterDefault::Required => self.missing(parameter),
                _ => Some(Value::Default),
            };
        };
        let (key, example) = (parameter.name, parameter.example);
        let may_be_given = matches!(parameter.value_type, ParameterType::OrInput(_));
        if may_be_given && matches!(value.get_ref(), DeValue::String(text) if text == INPUT) {
            return Some(INPUT.into());
        }
        match parameter.value_type.of_all_images() {
            ParameterType::Integer { .. } => {
                self.problems.count(key, value, example).map(Value::from)
            }
            ParameterType::Byte => self.problems.byte(key, value, example).map(Value::from),
            ParameterType::Number { .. } => {
                self.problems.number(key, value, example).map(Value::from)
            }
            ParameterType::Numbers { count, .. } => self.numbers(parameter, value, count),
            ParameterType::Color => self.color(parameter, value),
            ParameterType::Flag => self.problems.flag(key, value, example).map(Value::from),
            ParameterType::Choice(names) => self.choice(parameter, value, names),
            // Only a newer crate of operators has more types.
            _ => self.missing(parameter),
        }
    }

    /// Numbers: an array, or one number, which stands for an array of one; `count` of them where that is given.
    fn numbers(
        &mut self,
        parameter: &ParameterSpec,
        value: &Spanned<DeValue<'_>>,
        count: Option<usize>,
    ) -> Option<Value> {
        let (key, example) = (parameter.name, parameter.example);
        let numbers = self.problems.numbers(key, value, example)?;
        if let Some(count) = count.filter(|&count| count != numbers.len()) {
            self.problems.add(
                value.span(),
                format_args!("`{key}` has {} numbers", numbers.len()),
                format_args!("write {count}, for example `{example}`"),
            );
            return None;
        }
        Some(numbers.into())
    }

    /// A color: one integer from 0 to 255 for all channels, or one for each of 3 or 4. Three leave the fourth channel at 0,
    /// as OpenCV's `Scalar` does.
    fn color(&mut self, parameter: &ParameterSpec, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let (key, example) = (parameter.name, parameter.example);
        let DeValue::Array(items) = value.get_ref() else {
            return self.problems.byte(key, value, example).map(Value::from);
        };
        // All items are read, so that each wrong one is reported.
        let read: Vec<_> = items
            .iter()
            .map(|item| self.problems.byte(key, item, example))
            .collect();
        let read: Vec<u8> = read.into_iter().collect::<Option<_>>()?;
        match read[..] {
            [r, g, b] => Some([r, g, b].into()),
            [r, g, b, a] => Some([r, g, b, a].into()),
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

    /// One of a few names.
    fn choice(
        &mut self,
        parameter: &ParameterSpec,
        value: &Spanned<DeValue<'_>>,
        names: &'static [&'static str],
    ) -> Option<Value> {
        let key = parameter.name;
        let text = self.problems.text(key, value, parameter.example)?;
        let found = names.iter().find(|&name| name == text.get_ref());
        if found.is_none() {
            let may_be_given = matches!(parameter.value_type, ParameterType::OrInput(_));
            let all = names.iter().copied().chain(may_be_given.then_some(INPUT));
            let help = suggest::words(text.get_ref(), "Possible", all);
            self.problems.add(
                text.span(),
                format_args!("unknown {key} \"{}\"", Shown(text.get_ref())),
                help,
            );
        }
        found.map(|&name| name.into())
    }

    /// Notes the operator's refusal, at the parameter that it names.
    fn refused(&mut self, error: OperatorError) {
        let OperatorError::Parameter {
            operator,
            parameter,
            got,
            expected,
        } = error
        else {
            self.problems.add(self.header.clone(), error, "");
            return;
        };
        let span =
            entry(self.table, parameter).map_or(self.header.clone(), |(_, value)| value.span());
        self.problems.add(
            span,
            format_args!("{operator}: {parameter} = {got} is not possible"),
            expected,
        );
    }

    fn missing<T>(&mut self, parameter: &ParameterSpec) -> Option<T> {
        self.problems.add(
            self.header.clone(),
            format_args!(
                "node \"{}\" lacks `{}`, which {} needs",
                Shown(self.node),
                parameter.name,
                self.spec.kind
            ),
            format_args!("add for example `{}`", parameter.example),
        );
        None
    }
}
