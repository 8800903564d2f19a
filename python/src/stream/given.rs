//! A value of a source as an item of a job.

use crate::errors::{Exception, Kind};
use crate::frames::{Frames, Place};
use crate::stream::whole::class::one_image;
use pixelflume::memory::MemoryManager;
use pixelflume::runtime::{Content, Item};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The label of an image.
pub(super) struct Label(pub(super) Py<PyAny>);

/// The item of an image, or of a pair of an image and its label. Nothing is read or decoded.
pub(super) fn item(
    value: &Bound<'_, PyAny>,
    place: &Place<'_>,
    memory: &MemoryManager,
) -> PyResult<Item> {
    let pair = value.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let (image, label) = match pair {
        None => (value.clone(), None),
        Some(pair) => (pair.get_item(0)?, Some(pair.get_item(1)?)),
    };
    refuse_several(&image)?;
    let frames = Frames::extract(&image, place)?;
    if !frames.is_single() {
        return Err(one_image(frames.len()));
    }
    let content = frames.into_content(place.stream, memory)?;
    let name = match &content {
        Content::Path(path) => path.to_string_lossy().into_owned(),
        _ => String::new(),
    };
    let item = Item::new(name, content);
    Ok(match label {
        None => item,
        Some(label) => item.attach(Label(label.unbind()), 0),
    })
}

/// Refuses a list or a tuple in the place of an image.
pub(super) fn refuse_several(image: &Bound<'_, PyAny>) -> PyResult<()> {
    let (kind, entries) = match (image.cast::<PyList>(), image.cast::<PyTuple>()) {
        (Ok(list), _) => ("list", list.len()),
        (_, Ok(tuple)) => ("tuple", tuple.len()),
        _ => return Ok(()),
    };
    let text = format!(
        "a {kind} of {entries} entries as one item of a source; a source gives its images one by one, or tuples `(image, label)`"
    );
    Err(Exception::new(Kind::Input, text).into())
}
