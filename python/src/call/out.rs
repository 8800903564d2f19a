//! Arrays of the caller as places for outputs.

use crate::errors::{Exception, Kind};
use crate::frames::{Frames, Refusal, writable};
use pixelflume::device::Stream;
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::dlpack::DlTensor;
use pixelflume::pipeline::{Pipeline, PipelineError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// The places for the outputs of a call: the caller's arrays, and the same as tensors. Both are empty where the caller gave none.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) objects: Vec<Option<Py<PyAny>>>,
    pub(crate) tensors: Vec<Option<DlTensor>>,
}

impl Places {
    /// Reads the argument `out` of a call: an array for the only output, a list or tuple with an array or `None` for each output, or
    /// a dictionary by names.
    pub(crate) fn extract(
        out: Option<&Bound<'_, PyAny>>,
        names: &[String],
        stream: &Stream,
    ) -> PyResult<Places> {
        let Some(out) = out else {
            return Ok(Places::default());
        };
        let objects = objects_of(out, names)?;
        let mut places = Places::default();
        for (name, object) in names.iter().zip(objects) {
            let tensor = match &object {
                Some(object) => Some(tensor_of(object, name, stream)?),
                None => None,
            };
            places.tensors.push(tensor);
            places.objects.push(object.map(Bound::unbind));
        }
        Ok(places)
    }

    /// Refuses places that share bytes with images in ordinary memory that are read in place, or with each other: both are seen as
    /// slices, of which one is written.
    pub(crate) fn check_apart(&self, pipeline: &Pipeline, inputs: &[Frames]) -> PyResult<()> {
        for (index, place) in self.tensors.iter().enumerate() {
            let Some(place) = place else { continue };
            let (base, layout) = (place.address(), place.layout());
            let input = pipeline.inputs().zip(inputs).find(|(_, frames)| {
                let mut images = frames.borrowed();
                images.any(|(address, images)| layout.shares_bytes(base, images, address))
            });
            let mut before = pipeline.outputs().zip(&self.tensors[..index]);
            let output = before.find(|(_, other)| {
                other
                    .as_ref()
                    .is_some_and(|other| layout.shares_bytes(base, other.layout(), other.address()))
            });
            let other = match (input, output) {
                (Some((name, _)), _) => format!("input \"{}\"", Shown(name)),
                (None, Some((name, _))) => format!("output \"{}\"", Shown(name)),
                (None, None) => continue,
            };
            let output = pipeline.outputs().nth(index).unwrap_or_default().to_owned();
            return Err(Exception::from(PipelineError::SharedMemory { output, other }).into());
        }
        Ok(())
    }
}

/// The caller's array for each output.
fn objects_of<'py>(
    out: &Bound<'py, PyAny>,
    names: &[String],
) -> PyResult<Vec<Option<Bound<'py, PyAny>>>> {
    let wrong = |text: String| Err(Exception::new(Kind::Pipeline, text).into());
    if let Ok(by_name) = out.cast::<PyDict>() {
        for key in by_name.keys() {
            let key: String = key.extract()?;
            if !names.contains(&key) {
                let known = names.join(", ");
                return wrong(format!(
                    "out: there is no output \"{}\"; there are: {known}",
                    Shown(&key)
                ));
            }
        }
        let object = |name| {
            let object = by_name.get_item(name)?;
            Ok(object.filter(|object| !object.is_none()))
        };
        return names.iter().map(object).collect();
    }
    let list: Vec<Bound<'_, PyAny>> = match (out.cast::<PyList>(), out.cast::<PyTuple>()) {
        (Ok(list), _) => list.iter().collect(),
        (_, Ok(tuple)) => tuple.iter().collect(),
        _ => vec![out.clone()],
    };
    if list.len() != names.len() {
        let (expected, got) = (names.len(), list.len());
        let known = names.join(", ");
        return wrong(format!(
            "out: {got} place(s) for {expected} output(s) ({known}); give one for each, or a dictionary by name"
        ));
    }
    Ok(list
        .into_iter()
        .map(|object| (!object.is_none()).then_some(object))
        .collect())
}

/// An array as a tensor that can be written, in the order of `stream`.
fn tensor_of(object: &Bound<'_, PyAny>, name: &str, stream: &Stream) -> PyResult<DlTensor> {
    writable(object, stream).map_err(|refusal| match refusal {
        Refusal::Exception(exception) => exception,
        Refusal::Problem(problem) => {
            let text = format!("out: output \"{name}\": {problem}");
            Exception::new(Kind::Input, text).at_output(name).into()
        }
    })
}
