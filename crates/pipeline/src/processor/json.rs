//! The keys of a JSON object, each read once; what is left over is refused.

use crate::file::{MAX_FILE_BYTES, suggest};
use crate::processor::error::ProcessorError;
use pixelflume_graph::text::{Listed, Shown, printable};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt::{self, Display};

/// The most characters of a value in a message.
const VALUE_CHARS: usize = 120;

/// Reads the text of a JSON object.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, ProcessorError> {
    if text.len() > MAX_FILE_BYTES {
        return Err(ProcessorError::TooLarge {
            bytes: text.len(),
            limit: MAX_FILE_BYTES,
        });
    }
    let refused = |reason: &dyn Display| ProcessorError::Json {
        reason: printable(reason, VALUE_CHARS),
    };
    let Unique(value) = serde_json::from_str(text).map_err(|error| refused(&error))?;
    match value {
        Value::Object(object) => Ok(object),
        other => Err(refused(&format_args!("found {}", shown(&other)))),
    }
}

/// A value in which no object has a key twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                let twice = format_args!("the key \"{}\" stands twice", Shown(&key));
                return Err(A::Error::custom(twice));
            }
            let Unique(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

/// A value as messages show it.
fn shown(value: &Value) -> String {
    printable(value, VALUE_CHARS)
}

/// The keys of a processor's JSON object. A key that is read is taken out.
///
/// `null` is not the same as a key that is missing: transformers takes a flag of `null` for `false`, and refuses `null` where a step
/// needs the value.
pub(super) struct Keys {
    /// The type of the processor, for messages.
    processor: &'static str,
    left: Map<String, Value>,
    /// The keys that were taken and had `null`.
    nulls: Vec<&'static str>,
    /// The keys that were asked for.
    known: Vec<&'static str>,
}

impl Keys {
    pub(super) const fn new(processor: &'static str, object: Map<String, Value>) -> Self {
        Keys {
            processor,
            left: object,
            nulls: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Takes the value of a key, unless it is `null`.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        match self.left.remove(key)? {
            Value::Null => {
                self.nulls.push(key);
                None
            }
            value => Some(value),
        }
    }

    /// Whether a key that was taken had `null`.
    pub(super) fn was_null(&self, key: &str) -> bool {
        self.nulls.contains(&key)
    }

    /// Refuses `null` for keys that were taken, and that a step of the processor needs.
    pub(super) fn needs(&self, keys: &[&'static str]) -> Result<(), ProcessorError> {
        match keys.iter().find(|key| self.was_null(key)) {
            None => Ok(()),
            Some(key) => Err(self.refuse(
                key,
                &Value::Null,
                "transformers needs a value here; leave the key out for the default of the class",
            )),
        }
    }

    /// The error for a value.
    pub(super) fn refuse(
        &self,
        key: &'static str,
        got: &Value,
        expected: impl Into<String>,
    ) -> ProcessorError {
        ProcessorError::Value {
            processor: self.processor,
            key,
            got: shown(got),
            expected: expected.into(),
        }
    }

    /// `true` or `false`; transformers takes `null` for `false`.
    pub(super) fn flag(
        &mut self,
        key: &'static str,
        default: bool,
    ) -> Result<bool, ProcessorError> {
        match self.take(key) {
            None => Ok(default && !self.was_null(key)),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.refuse(key, &other, "true or false")),
        }
    }

    /// Refuses `true` for a flag that transformers does not look at in processors of this type.
    pub(super) fn off(&mut self, key: &'static str) -> Result<(), ProcessorError> {
        match self.flag(key, false)? {
            false => Ok(()),
            true => Err(self.refuse(
                key,
                &Value::Bool(true),
                "transformers ignores it in processors of this type; leave it out",
            )),
        }
    }

    /// An integer of a range.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        least: u32,
        most: u32,
    ) -> Result<Option<u32>, ProcessorError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match integer(&value, least, most) {
            Some(number) => Ok(Some(number)),
            None => Err(self.refuse(key, &value, format!("integer, {least} to {most}"))),
        }
    }

    /// A finite number that is not 0.
    pub(super) fn factor(&mut self, key: &'static str) -> Result<Option<f64>, ProcessorError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(number) if number.is_finite() && number != 0.0 => Ok(Some(number)),
            _ => Err(self.refuse(key, &value, "finite number, not 0")),
        }
    }

    /// One number for each channel of an RGB image, or one number for all.
    pub(super) fn channels(
        &mut self,
        key: &'static str,
    ) -> Result<Option<[f64; 3]>, ProcessorError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let numbers = match &value {
            Value::Array(list) if list.len() == 3 => {
                let numbers = list.iter().map(Value::as_f64);
                numbers.collect::<Option<Vec<f64>>>()
            }
            number => number.as_f64().map(|number| vec![number; 3]),
        };
        match numbers.as_deref() {
            Some(&[red, green, blue]) if [red, green, blue].iter().all(|n| n.is_finite()) => {
                Ok(Some([red, green, blue]))
            }
            _ => Err(self.refuse(
                key,
                &value,
                "three finite numbers, one for each channel of RGB, or one for all",
            )),
        }
    }

    /// Passes over keys that change no pixel.
    pub(super) fn without_effect(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.take(key);
        }
    }

    /// Refuses the keys that nothing has asked for.
    pub(super) fn end(self) -> Result<(), ProcessorError> {
        let Some(first) = self.left.keys().next() else {
            return Ok(());
        };
        let known = self.known.iter().copied();
        Err(ProcessorError::UnknownKeys {
            processor: self.processor,
            keys: Listed::new(self.left.keys()).quoted().to_string(),
            help: suggest::words(first, "keys", known).to_string(),
        })
    }
}

/// The value as an integer of a range.
pub(super) fn integer(value: &Value, least: u32, most: u32) -> Option<u32> {
    let number = u32::try_from(value.as_u64()?).ok()?;
    (least..=most).contains(&number).then_some(number)
}

/// The value as a text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => Shown(text).to_string(),
        other => shown(other),
    }
}
