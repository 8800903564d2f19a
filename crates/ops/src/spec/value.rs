//! Values of parameters.

use crate::contract::checks;
use std::borrow::Cow;
use std::fmt;

/// The value of one parameter of an operator.
///
/// Rust values become values with `into()`: integers, floats, booleans, colors (`[u8; 3]` or `[u8; 4]`), lists of `f64`, names
/// (`"dx"`) and the enums of the operators (`SobelOutput::Dx`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The default of the parameter, which the operator's [`ParameterSpec`](crate::spec::ParameterSpec) has.
    Default,
    /// An integer: a number of pixels, or a sample of 0 to 255.
    Integer(i64),
    /// A floating point number; it reaches the operator without rounding.
    Number(f64),
    /// Several floating point numbers, for example the six of a matrix.
    Numbers(Cow<'static, [f64]>),
    /// One sample for each channel. Images of fewer channels take the first ones.
    Color([u8; 4]),
    /// On or off.
    Flag(bool),
    /// One of a few names, for example `dx`.
    Name(Cow<'static, str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Default => f.write_str("default"),
            Value::Integer(number) => number.fmt(f),
            Value::Number(number) => f.write_str(&checks::number(*number)),
            Value::Numbers(numbers) => write!(f, "{numbers:?}"),
            Value::Color(samples) => write!(f, "{samples:?}"),
            Value::Flag(flag) => flag.fmt(f),
            Value::Name(name) => write!(f, "{name:?}"),
        }
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(number: $integer) -> Self {
                Value::Integer(number.into())
            }
        }
    )*};
}

from_integer!(u8, u16, u32, i32, i64);

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<Option<f64>> for Value {
    /// Converts `None` to the default.
    fn from(number: Option<f64>) -> Self {
        number.map_or(Value::Default, Value::Number)
    }
}

impl From<Option<u32>> for Value {
    /// Converts `None` to the default.
    fn from(number: Option<u32>) -> Self {
        number.map_or(Value::Default, Value::from)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<[u8; 4]> for Value {
    fn from(color: [u8; 4]) -> Self {
        Value::Color(color)
    }
}

impl From<[u8; 3]> for Value {
    /// Converts a color of three channels, with 0 for the fourth as in OpenCV's `Scalar`.
    fn from([red, green, blue]: [u8; 3]) -> Self {
        Value::Color([red, green, blue, 0])
    }
}

impl<const N: usize> From<[f64; N]> for Value {
    fn from(numbers: [f64; N]) -> Self {
        Value::Numbers(numbers.to_vec().into())
    }
}

impl From<&[f64]> for Value {
    fn from(numbers: &[f64]) -> Self {
        Value::Numbers(numbers.to_vec().into())
    }
}

impl From<Vec<f64>> for Value {
    fn from(numbers: Vec<f64>) -> Self {
        Value::Numbers(numbers.into())
    }
}

impl From<&str> for Value {
    fn from(name: &str) -> Self {
        Value::Name(name.to_owned().into())
    }
}

impl From<String> for Value {
    fn from(name: String) -> Self {
        Value::Name(name.into())
    }
}

/// Makes an enum of an operator, which has `name`, a [`Value`].
macro_rules! value_from_choice {
    ($($choice:ty),*) => {$(
        impl From<$choice> for $crate::spec::Value {
            fn from(choice: $choice) -> Self {
                $crate::spec::Value::Name(choice.name().into())
            }
        }
    )*};
}

pub(crate) use value_from_choice;
