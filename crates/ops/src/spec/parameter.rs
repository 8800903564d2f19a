//! Parameters of operators as data: name, type, range, default, and meaning.

use super::value::Value;
use crate::contract::OperatorError;
use std::fmt;

/// A parameter of an operator.
#[derive(Debug)]
#[non_exhaustive]
pub struct ParameterSpec {
    /// The name, as pipeline files write it.
    pub name: &'static str,
    /// Type and range of its values.
    pub value_type: ParameterType,
    /// The value that stands where none is given.
    pub default: ParameterDefault,
    /// The unit of the value, for example `pixels`; empty where it has none.
    pub unit: &'static str,
    /// The effect of the parameter, in one line.
    pub doc: &'static str,
    /// A line of a pipeline file that sets it.
    pub example: &'static str,
}

/// Type and range of a parameter.
#[derive(Copy, Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParameterType {
    /// An integer from `least` to `most`; where `odd`, an odd one.
    Integer {
        /// The smallest value.
        least: u32,
        /// The largest value.
        most: u32,
        /// Whether even values are refused.
        odd: bool,
    },
    /// An integer from 0 to 255.
    Byte,
    /// A floating point number.
    Number {
        /// The range in words.
        range: &'static str,
        /// Values just outside of the range, which the operator refuses.
        refused: &'static [f64],
    },
    /// Several floating point numbers.
    Numbers {
        /// The number of numbers, where only one number of them is possible.
        count: Option<usize>,
        /// The range in words.
        range: &'static str,
    },
    /// One integer from 0 to 255 for all channels, or one for each of 3 or 4.
    Color,
    /// `true` or `false`.
    Flag,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// A value of this type for all images, or the text `"input"`: then the values are given for each image, beside the batch.
    OrInput(&'static ParameterType),
}

/// The value of a parameter whose values are given for each image.
pub(crate) const INPUT: &str = "input";

/// The value that a parameter has where none is given.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParameterDefault {
    /// None: the parameter must be given.
    Required,
    /// This value.
    Value(Value),
    /// A value that the operator derives from its other parameters, as the text says.
    Derived(&'static str),
}

/// The [`ParameterType`] of an enum that has `ALL` and `name`.
macro_rules! choice {
    ($choice:ty) => {{
        const COUNT: usize = <$choice>::ALL.len();
        const NAMES: [&str; COUNT] = {
            let mut names = [""; COUNT];
            let mut index = 0;
            while index < COUNT {
                names[index] = <$choice>::ALL[index].name();
                index += 1;
            }
            names
        };
        $crate::spec::ParameterType::Choice(&NAMES)
    }};
}

pub(crate) use choice;

impl ParameterType {
    /// The type of a side of an image: 1 to 65536 pixels.
    pub(crate) const SIDE: Self = ParameterType::Integer {
        least: 1,
        most: crate::contract::checks::MAX_SIDE,
        odd: false,
    };

    /// An odd integer of a range: the size of a window.
    pub(crate) const fn odd(least: u32, most: u32) -> Self {
        let odd = true;
        ParameterType::Integer { least, most, odd }
    }

    /// The type of a value for all images.
    pub fn of_all_images(self) -> Self {
        match self {
            ParameterType::OrInput(of_all) => of_all.of_all_images(),
            of_all => of_all,
        }
    }
}

impl fmt::Display for ParameterType {
    /// The type with its range, for example `odd integer, 3 to 31`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ParameterType::Integer { least, most, odd } => {
                let odd = if odd { "odd " } else { "" };
                write!(f, "{odd}integer, {least} to {most}")
            }
            ParameterType::Byte => f.write_str("integer, 0 to 255"),
            ParameterType::Number { range, .. } => write!(f, "number, {range}"),
            ParameterType::Numbers { count, range } => match count {
                Some(count) => write!(f, "{count} numbers, {range}"),
                None => write!(f, "numbers, {range}"),
            },
            ParameterType::Color => {
                f.write_str("integer of 0 to 255 for all channels, or 3 or 4 of them")
            }
            ParameterType::Flag => f.write_str("true or false"),
            ParameterType::Choice(names) => write!(f, "one of {}", names.join(", ")),
            ParameterType::OrInput(of_all) => {
                write!(f, "{of_all}; or \"input\" where it is given for each image")
            }
        }
    }
}

/// The most characters of a value in an error text.
const MAX_SHOWN: usize = 120;

/// A value as error texts show it: cut where it is long, since a program may pass what its own input gave.
fn shown(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(MAX_SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl ParameterSpec {
    /// A required parameter that is the width or height of an output.
    pub(crate) const fn side(name: &'static str, doc: &'static str, example: &'static str) -> Self {
        ParameterSpec {
            name,
            value_type: ParameterType::SIDE,
            default: ParameterDefault::Required,
            unit: "pixels",
            doc,
            example,
        }
    }

    /// A required parameter `size` that is the width and height of a window.
    pub(crate) const fn window(value_type: ParameterType) -> Self {
        ParameterSpec {
            name: "size",
            value_type,
            default: ParameterDefault::Required,
            unit: "pixels",
            doc: "Width and height of the window.",
            example: "size = 3",
        }
    }

    /// The value in the form that operators are built from: an integer where a floating point number is wanted becomes one,
    /// one number, or a color, where several numbers are wanted becomes a list, and the default takes the place of
    /// [`Value::Default`].
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for a value of another type. Whether an integer or a number is in the range of the
    /// operator is for its constructor to say.
    pub(crate) fn resolve(
        &self,
        operator: &'static str,
        value: Value,
    ) -> Result<Value, OperatorError> {
        let of_all = self.value_type.of_all_images();
        let may_be_input = matches!(self.value_type, ParameterType::OrInput(_));
        let resolved = match (of_all, &value) {
            (_, Value::Name(name)) if may_be_input && name == INPUT => Some(value.clone()),
            (_, Value::Default) => match &self.default {
                ParameterDefault::Required => None,
                ParameterDefault::Value(default) => Some(default.clone()),
                ParameterDefault::Derived(_) => Some(Value::Default),
            },
            (ParameterType::Integer { .. }, &Value::Integer(number)) => {
                u32::try_from(number).is_ok().then_some(value.clone())
            }
            (ParameterType::Byte, &Value::Integer(number)) => {
                u8::try_from(number).is_ok().then_some(value.clone())
            }
            (ParameterType::Number { .. }, &Value::Integer(number)) => {
                Some(Value::Number(number as f64))
            }
            (ParameterType::Numbers { count, .. }, Value::Numbers(numbers)) => {
                let fits = count.is_none_or(|count| count == numbers.len());
                fits.then_some(value.clone())
            }
            (ParameterType::Numbers { count, .. }, &Value::Number(number)) => {
                let fits = count.is_none_or(|count| count == 1);
                fits.then(|| [number].into())
            }
            (ParameterType::Numbers { count, .. }, &Value::Integer(number)) => {
                let fits = count.is_none_or(|count| count == 1);
                fits.then(|| [number as f64].into())
            }
            (ParameterType::Numbers { count, .. }, &Value::Color(samples)) => {
                let fits = count.is_none_or(|count| count == samples.len());
                fits.then(|| samples.map(f64::from).into())
            }
            (ParameterType::Color, &Value::Integer(number)) => {
                u8::try_from(number).ok().map(|all| [all; 4].into())
            }
            (ParameterType::Choice(names), Value::Name(name)) => {
                let known = names.iter().find(|&known| known == name);
                known.map(|&name| Value::Name(name.into()))
            }
            (ParameterType::Number { .. }, Value::Number(_))
            | (ParameterType::Color, Value::Color(_))
            | (ParameterType::Flag, Value::Flag(_)) => Some(value.clone()),
            _ => None,
        };
        resolved.ok_or_else(|| OperatorError::Parameter {
            operator,
            parameter: self.name,
            got: shown(&value),
            expected: match (&self.default, &value) {
                (ParameterDefault::Required, Value::Default) => {
                    format!("it has no default; {}", self.value_type)
                }
                _ => self.value_type.to_string(),
            },
        })
    }
}
