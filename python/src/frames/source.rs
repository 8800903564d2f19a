//! One value of Python as images.

use crate::frames::buffer;
use crate::frames::error::{Problem, Refusal, type_name};
use crate::frames::pixels::Pixels;
use crate::frames::place::Place;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The images of a value that is no list, and whether they are one image without an axis of images.
pub(super) fn pixels(
    value: &Bound<'_, PyAny>,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    if let Ok(buffer) = PyUntypedBuffer::get(value) {
        return buffer::pixels(buffer, place.axes);
    }
    if value.is_none() {
        return Err(Problem::Nothing.into());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return Err(Problem::Nested.into());
    }
    let name = type_name(value);
    Err(Problem::Type { name }.into())
}
