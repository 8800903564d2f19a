//! Settings: values that the program sets, or else an environment variable, or else a default.
//!
//! All settings of the workspace are read here, so that a number of bytes is written in one way everywhere: as a whole
//! number, or with a unit after it (`512MiB`, `1.5GB`).

use std::fmt;
use std::str::FromStr;

use bytesize::ByteSize;
use thiserror::Error;

/// The origin of a setting's value.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A builder's method.
    Builder,
    /// The environment variable of the setting.
    Environment,
    /// Neither of them; the text says how the default is computed, or nothing.
    Default(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Builder => f.write_str("builder"),
            Origin::Environment => f.write_str("environment"),
            Origin::Default("") => f.write_str("default"),
            Origin::Default(how) => write!(f, "default {how}"),
        }
    }
}

/// A value in force, with its name and origin.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Setting<T> {
    /// The environment variable that can set it, which is its name in messages as well.
    pub name: &'static str,
    /// The value that is used.
    pub value: T,
    /// The origin of the value.
    pub origin: Origin,
}

/// `value (origin)`, as logs and error texts show it.
impl<T: fmt::Display> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.value, self.origin)
    }
}

/// The reason why a setting was refused.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[non_exhaustive]
pub enum SettingError {
    /// The text of an environment variable cannot be read.
    #[error("{name}={value:?} cannot be used: write {expected}")]
    NotAValue {
        /// The environment variable.
        name: &'static str,
        /// The text of the variable.
        value: String,
        /// The form that is read, for example "a whole number".
        expected: &'static str,
    },
    /// A value is out of its range.
    #[error("{name} is {setting}: it must be {rule}")]
    Refused {
        /// The setting, by its variable.
        name: &'static str,
        /// Its value and origin.
        setting: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// The largest batch does not fit.
    #[error(
        "{name} is {setting}, but the largest batch needs {needed}: raise it, or make the batches smaller"
    )]
    TooSmallForBatch {
        /// The setting, by its variable.
        name: &'static str,
        /// Its value and origin.
        setting: String,
        /// Need of the batch, padding included, in the unit of the setting.
        needed: u64,
    },
}

/// The written form of a setting's values.
#[derive(Copy, Clone, Debug)]
pub struct Form<T> {
    /// The form as error texts name it.
    pub expected: &'static str,
    /// Reads a text, without blanks around it.
    pub read: fn(&str) -> Option<T>,
}

impl<T: FromStr> Form<T> {
    /// Values that are read by [`FromStr`]; `expected` goes into error texts.
    #[must_use]
    pub const fn parsed(expected: &'static str) -> Self {
        Form {
            expected,
            read: |text| text.parse().ok(),
        }
    }

    /// The form of whole numbers without a unit.
    #[must_use]
    pub const fn count() -> Self {
        Form::parsed("a whole number")
    }
}

impl<T: TryFrom<u64>> Form<T> {
    /// Numbers of bytes: see [`parse_bytes`].
    #[must_use]
    pub const fn bytes() -> Self {
        Form {
            expected: A_NUMBER_OF_BYTES,
            read: |text| parse_bytes(text)?.try_into().ok(),
        }
    }
}

/// The form that [`parse_bytes`] reads, as error texts name it.
pub const A_NUMBER_OF_BYTES: &str = "a number of bytes, for example 512MiB, 2GiB or 1048576";

/// Reads a number of bytes: a whole number, or a number with a unit after it (`KiB`, `MiB`, `GiB`, `TiB`, `kB`, `MB`,
/// `GB`, `TB`). `None` where the text is something else, or the number has more than 64 bits.
///
/// ```
/// use pixelflume_scheduler::settings::parse_bytes;
///
/// assert_eq!(parse_bytes("1GiB"), Some(1 << 30));
/// assert_eq!(parse_bytes("1.5GB"), Some(1_500_000_000));
/// assert_eq!(parse_bytes("4096"), Some(4096));
/// assert_eq!(parse_bytes("much"), None);
/// ```
#[must_use]
pub fn parse_bytes(text: &str) -> Option<u64> {
    let ByteSize(bytes) = text.parse().ok()?;
    // What is too large comes as the largest number.
    let is_exact = bytes < u64::MAX || text.parse() == Ok(u64::MAX);
    is_exact.then_some(bytes)
}

/// The text of a variable in the environment of the process.
#[must_use]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl<T> Setting<T> {
    /// The setting called `name`: `built` where the program has set it, or else what `environment` has under that name, or
    /// else the default, which comes with a text that says how it is computed, or an empty one.
    ///
    /// # Errors
    /// [`SettingError::NotAValue`] where the text of the environment cannot be read.
    pub fn resolve(
        environment: impl Fn(&str) -> Option<String>,
        name: &'static str,
        form: Form<T>,
        built: Option<T>,
        default: (T, &'static str),
    ) -> Result<Self, SettingError> {
        let (value, origin) = if let Some(value) = built {
            (value, Origin::Builder)
        } else if let Some(text) = environment(name) {
            match (form.read)(text.trim()) {
                Some(value) => (value, Origin::Environment),
                None => {
                    return Err(SettingError::NotAValue {
                        name,
                        value: text,
                        expected: form.expected,
                    });
                }
            }
        } else {
            (default.0, Origin::Default(default.1))
        };
        Ok(Setting {
            name,
            value,
            origin,
        })
    }
}

impl<T: fmt::Display + Copy> Setting<T> {
    /// The value where it keeps the rule. `rule` completes the sentence "it must be".
    ///
    /// # Errors
    /// [`SettingError::Refused`] where it does not.
    pub fn check(
        &self,
        rule: impl fmt::Display,
        keeps: impl Fn(T) -> bool,
    ) -> Result<T, SettingError> {
        match keeps(self.value) {
            true => Ok(self.value),
            false => Err(SettingError::Refused {
                name: self.name,
                setting: self.to_string(),
                rule: rule.to_string(),
            }),
        }
    }

    /// The same setting with its value as text, so that settings of several types can be listed.
    #[must_use]
    pub fn as_text(&self) -> Setting<String> {
        Setting {
            name: self.name,
            value: self.value.to_string(),
            origin: self.origin,
        }
    }
}

/// Writes `title: NAME=value (origin) NAME=value (origin)`, the line that is logged.
///
/// # Errors
/// Those of the writer.
pub fn write_settings<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    settings: impl IntoIterator<Item = Setting<T>>,
) -> fmt::Result {
    write!(f, "{title}:")?;
    for setting in settings {
        write!(f, " {}={setting}", setting.name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_and_without_units() {
        for (text, bytes) in [
            ("0", 0),
            ("18446744073709551615", u64::MAX),
            ("9 KiB", 9 << 10),
            ("16MiB", 16 << 20),
            ("1GiB", 1 << 30),
            ("2TiB", 2 << 40),
            ("1.5GB", 1_500_000_000),
            ("3kB", 3000),
        ] {
            assert_eq!(parse_bytes(text), Some(bytes), "{text}");
        }
        for text in ["", "-1", "many", "1 parsec", "99999999999GiB", "1e3", "GiB"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_of_bytes_that_the_type_cannot_hold_is_refused() {
        let limit = Setting::<u32>::resolve(
            |_| Some(" 8GiB ".to_owned()),
            "LIMIT",
            Form::bytes(),
            None,
            (0, ""),
        );
        let text = "LIMIT=\" 8GiB \" cannot be used: write a number of bytes, for example 512MiB, 2GiB or 1048576";
        assert_eq!(limit.unwrap_err().to_string(), text);
    }
}
