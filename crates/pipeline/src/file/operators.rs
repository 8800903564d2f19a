//! The operators that pipeline files can name: one entry each.

use super::suggest;
use super::values::{Problems, entry};
use crate::operator::SharedOperator;
use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, GaussianBlur, Interpolation, Operator, OperatorError,
    Resize, Sobel, SobelOutput,
};
use std::ops::Range;
use toml::de::DeTable;

/// An operator as pipeline files know it.
pub(super) struct OperatorEntry {
    /// The value of `op`.
    pub(super) kind: &'static str,
    /// The keys that it reads.
    pub(super) parameters: &'static [Parameter],
    /// Makes the operator, or notes what is wrong with its parameters.
    pub(super) read: fn(&mut Parameters<'_, '_, '_>) -> Option<SharedOperator>,
}

/// A key of an operator.
pub(super) struct Parameter {
    pub(super) key: &'static str,
    /// A line of a file that sets it, for messages.
    pub(super) example: &'static str,
}

const fn parameter(key: &'static str, example: &'static str) -> Parameter {
    Parameter { key, example }
}

/// All operators, by name. To let files use another operator, add its entry here.
pub(super) static OPERATORS: &[OperatorEntry] = &[
    OperatorEntry {
        kind: "abs_diff",
        parameters: &[],
        read: |parameters| parameters.operator(Ok(AbsDiff::new())),
    },
    OperatorEntry {
        kind: "blend",
        parameters: &[parameter("alpha", "alpha = 0.5")],
        read: |parameters| {
            let alpha = parameters.number("alpha")?;
            parameters.operator(Blend::new(alpha))
        },
    },
    OperatorEntry {
        kind: "color",
        parameters: &[parameter("conversion", "conversion = \"rgb_to_gray\"")],
        read: |parameters| {
            let conversion = parameters.choice(
                "conversion",
                ColorConversion::ALL,
                ColorConversion::name,
                None,
            )?;
            parameters.operator(Ok(Color::new(conversion)))
        },
    },
    OperatorEntry {
        kind: "gaussian_blur",
        parameters: &[
            parameter("size", "size = 5"),
            parameter("sigma", "sigma = 1.1"),
        ],
        read: |parameters| {
            let size = parameters.count("size");
            let sigma = parameters.optional_number("sigma");
            let (size, sigma) = (size?, sigma?);
            let blur = GaussianBlur::new(size);
            parameters.operator(match sigma {
                Some(sigma) => blur.and_then(|blur| blur.sigma(sigma)),
                None => blur,
            })
        },
    },
    OperatorEntry {
        kind: "resize",
        parameters: &[
            parameter("width", "width = 320"),
            parameter("height", "height = 240"),
            parameter("interpolation", "interpolation = \"bilinear\""),
        ],
        read: |parameters| {
            let (width, height) = (parameters.count("width"), parameters.count("height"));
            let default = Some(Interpolation::Bilinear);
            let interpolation = parameters.choice(
                "interpolation",
                Interpolation::ALL,
                Interpolation::name,
                default,
            );
            let (width, height, interpolation) = (width?, height?, interpolation?);
            parameters.operator(
                Resize::new(width, height).map(|resize| resize.interpolation(interpolation)),
            )
        },
    },
    OperatorEntry {
        kind: "sobel",
        parameters: &[parameter("output", "output = \"magnitude\"")],
        read: |parameters| {
            let default = Some(SobelOutput::Magnitude);
            let output =
                parameters.choice("output", SobelOutput::ALL, SobelOutput::name, default)?;
            parameters.operator(Ok(Sobel::new(output)))
        },
    },
];

/// The entry of the operator with this name.
pub(super) fn find(kind: &str) -> Option<&'static OperatorEntry> {
    OPERATORS.iter().find(|entry| entry.kind == kind)
}

/// The parameters of one node, as its operator's entry reads them. A method that gives `None` has noted why.
pub(super) struct Parameters<'n, 'i, 's> {
    pub(super) entry: &'static OperatorEntry,
    pub(super) table: &'n DeTable<'i>,
    /// Name of the node, for messages.
    pub(super) node: &'n str,
    /// Where the node begins, for what it lacks.
    pub(super) header: Range<usize>,
    pub(super) problems: &'n mut Problems<'s>,
}

impl Parameters<'_, '_, '_> {
    /// A required integer that is not negative.
    fn count(&mut self, key: &'static str) -> Option<u32> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.count(key, value, example),
            None => self.missing(key),
        }
    }

    /// A required number.
    fn number(&mut self, key: &'static str) -> Option<f64> {
        self.optional_number(key)?.or_else(|| self.missing(key))
    }

    /// A number that may be left out.
    #[expect(
        clippy::option_option,
        reason = "wrong, left out and given are three cases"
    )]
    fn optional_number(&mut self, key: &'static str) -> Option<Option<f64>> {
        let example = self.example(key);
        match entry(self.table, key) {
            Some((_, value)) => self.problems.number(key, value, example).map(Some),
            None => Some(None),
        }
    }

    /// One of a few words; required where there is no default.
    fn choice<T: Copy, const N: usize>(
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
            let help = suggest::help(text.get_ref(), "Possible", choices.into_iter().map(name));
            self.problems.add(
                text.span(),
                format!("unknown {key} \"{}\"", text.get_ref()),
                help,
            );
        }
        found
    }

    /// The operator, or the problem at the parameter that it refused.
    fn operator<T: Operator + 'static>(
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
                    format!("{operator}: {parameter} = {got} is not possible"),
                    expected,
                );
                None
            }
            Err(other) => {
                self.problems
                    .add(self.header.clone(), other.to_string(), "");
                None
            }
        }
    }

    fn missing<T>(&mut self, key: &'static str) -> Option<T> {
        let message = format!(
            "node \"{}\" lacks `{key}`, which {} needs",
            self.node, self.entry.kind
        );
        let help = format!("add for example `{}`", self.example(key));
        self.problems.add(self.header.clone(), message, help);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_unique() {
        assert!(OPERATORS.is_sorted_by(|a, b| a.kind < b.kind));
        for entry in OPERATORS {
            let reserved = ["name", "op", "from"];
            for parameter in entry.parameters {
                assert!(!reserved.contains(&parameter.key));
                assert!(parameter.example.starts_with(parameter.key));
            }
        }
    }
}
