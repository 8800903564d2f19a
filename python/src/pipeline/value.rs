//! Values of parameters: from Python's to those of operators, and back.

use crate::pipeline::wrong;
use pixelflume::ops::spec::{OperatorSpec, ParameterType, Value};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyTuple};

/// The most numbers that one parameter may have: those of a table for each of 4 channels.
const MAX_NUMBERS: usize = 4 * 256;

/// The most rows that numbers may stand in: those of a matrix, or a table for each channel. More would be an array with channels last.
const MAX_ROWS: usize = 4;

/// The most characters of a name that a parameter may have.
const MAX_NAME: usize = 256;

/// The value of a parameter of an operator: `None` stands for the default, numbers for a number or a color, as the type of the
/// parameter asks.
pub(crate) fn value_of(
    spec: &OperatorSpec,
    name: &str,
    given: &Bound<'_, PyAny>,
) -> PyResult<Value> {
    let parameters = spec.parameters.iter();
    let value_type = parameters
        .filter(|parameter| parameter.name == name)
        .map(|parameter| parameter.value_type.of_all_images())
        .next();
    if given.is_none() {
        return Ok(Value::Default);
    }
    if let Ok(text) = given.cast::<PyString>() {
        let text = text.to_cow()?;
        return match text.chars().nth(MAX_NAME) {
            None => Ok(text.as_ref().into()),
            Some(_) => Err(wrong(format!(
                "{}: {name} is a text of more than {MAX_NAME} characters",
                spec.kind
            ))),
        };
    }
    // Before the integers: Python's `True` is an integer, NumPy's is none.
    if let Ok(flag) = given.extract::<bool>() {
        return Ok(flag.into());
    }
    if let Some(number) = number(given) {
        return Ok(number);
    }
    numbers(spec, name, given, value_type)
}

/// An integer or a floating point number of Python, NumPy or another library; `None` for something else.
fn number(given: &Bound<'_, PyAny>) -> Option<Value> {
    if given.is_instance_of::<PyInt>() {
        // A larger integer is in the range of no parameter: the operator refuses the nearest one, and says its range.
        let fits = given.extract::<i64>();
        return Some(Value::Integer(fits.unwrap_or_else(|_| match given.lt(0) {
            Ok(true) => i64::MIN,
            _ => i64::MAX,
        })));
    }
    if given.is_instance_of::<PyFloat>() {
        return given.extract().ok().map(Value::Number);
    }
    // Arrays, even of one number, have a length or an axis; numbers have neither.
    let is_sequence = given.len().is_ok() || given.hasattr("__iter__").unwrap_or(true);
    let is_array = given
        .getattr("shape")
        .and_then(|shape| shape.len())
        .is_ok_and(|axes| axes > 0);
    if is_array || (is_sequence && !given.hasattr("__float__").unwrap_or(false)) {
        return None;
    }
    match given.extract::<i64>() {
        Ok(integer) => Some(Value::Integer(integer)),
        Err(_) => given.extract().ok().map(Value::Number),
    }
}

/// Several numbers, or rows of them.
fn numbers(
    spec: &OperatorSpec,
    name: &str,
    given: &Bound<'_, PyAny>,
    value_type: Option<ParameterType>,
) -> PyResult<Value> {
    let kind = spec.kind;
    let not_numbers = |what: &str| {
        wrong(format!(
            "{kind}: {name} must be a number, a sequence of numbers, True, False or a text, not {what}"
        ))
    };
    let type_name = |value: &Bound<'_, PyAny>| match value.get_type().qualname() {
        Ok(name) => name.to_string(),
        Err(_) => "an object".to_owned(),
    };
    let items = given
        .try_iter()
        .map_err(|_| not_numbers(&type_name(given)))?;
    let mut integers = Vec::new();
    let mut all = Vec::new();
    let mut take = |item: &Bound<'_, PyAny>| -> PyResult<bool> {
        match number(item) {
            Some(Value::Integer(integer)) => {
                integers.push(integer);
                all.push(integer as f64);
            }
            Some(Value::Number(number)) => all.push(number),
            _ => return Ok(false),
        }
        match all.len() <= MAX_NUMBERS {
            true => Ok(true),
            false => Err(wrong(format!(
                "{kind}: {name} has more than {MAX_NUMBERS} numbers"
            ))),
        }
    };
    let mut lengths = Vec::new();
    let mut are_numbers = false;
    for item in items {
        let item = item?;
        if take(&item)? {
            are_numbers = true;
            continue;
        }
        let no_row = || not_numbers(&format!("a sequence with {}", type_name(&item)));
        if item.is_instance_of::<PyString>() || are_numbers {
            return Err(no_row());
        }
        let mut length = 0;
        for entry in item.try_iter().map_err(|_| no_row())? {
            if !take(&entry?)? {
                return Err(no_row());
            }
            length += 1;
        }
        lengths.push(length);
        if lengths.len() > MAX_ROWS || lengths[0] != length {
            return Err(wrong(format!(
                "{kind}: {name} is given in rows; give at most {MAX_ROWS}, of one length: those of a matrix, or a table for each channel"
            )));
        }
    }
    if are_numbers && !lengths.is_empty() {
        return Err(not_numbers("rows and numbers together"));
    }
    if value_type == Some(ParameterType::Color) && integers.len() == all.len() {
        let samples: Result<Vec<u8>, _> = integers.iter().map(|&n| u8::try_from(n)).collect();
        match samples.as_deref() {
            Ok(&[red, green, blue]) => return Ok([red, green, blue].into()),
            Ok(&[red, green, blue, alpha]) => return Ok([red, green, blue, alpha].into()),
            _ => {}
        }
    }
    Ok(all.into())
}

/// A value as Python's: numbers and colors as tuples, the default as `None`.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Integer(integer) => integer.into_pyobject(py)?.into_any(),
        Value::Number(number) => number.into_pyobject(py)?.into_any(),
        Value::Numbers(numbers) => PyTuple::new(py, numbers.iter())?.into_any(),
        Value::Color(samples) => PyTuple::new(py, samples)?.into_any(),
        Value::Flag(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Name(name) => PyString::new(py, name).into_any(),
        // The default, which operators derive from other values.
        _ => py.None().into_bound(py),
    })
}
