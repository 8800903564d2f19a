//! What differs from image to image of a call beside its pixels: given values, and the numbers of the images.

use crate::errors::{Exception, Kind};
use crate::exit::InPython;
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::{BatchParameters, Pipeline, PipelineError};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString};

/// The most dimensions of an array of values.
const MAX_DEPTH: usize = 8;

/// The most entries of the values of an image, numbers and sequences alike. No parameter has more than a dozen numbers.
const MAX_ENTRIES: usize = 256;

/// Values and numbers of the images of a call.
#[derive(Default)]
pub(crate) struct Values {
    parameters: Vec<Parameter>,
    /// A number for each image.
    indices: Option<Vec<u64>>,
    /// The number of the first image.
    first: Option<u64>,
    epoch: Option<u64>,
}

/// The values of one parameter of a node: `count` for each image.
struct Parameter {
    node: String,
    name: String,
    count: usize,
    values: Vec<f64>,
}

impl Values {
    /// Reads the arguments `parameters`, `index` and `epoch` of a call of `frames` images.
    ///
    /// # Errors
    /// A value is no number, or there are not as many as images. Sequences are read no further than that shows.
    pub(crate) fn extract(
        parameters: Option<&Bound<'_, PyDict>>,
        index: Option<&Bound<'_, PyAny>>,
        epoch: Option<u64>,
        frames: usize,
    ) -> PyResult<Self> {
        let _inside = InPython::enter()?;
        let mut values = Values {
            epoch,
            ..Values::default()
        };
        if let Some(index) = index {
            match index.extract::<u64>() {
                Ok(first) => values.first = Some(first),
                Err(_) => values.indices = Some(indices(index, frames)?),
            }
        }
        // A copy: the code of a value may change the dictionary.
        let parameters = parameters.map(PyDictMethods::copy).transpose()?;
        for (key, value) in parameters.iter().flatten() {
            let key: String = key.extract()?;
            let Some((node, name)) = key.rsplit_once('.') else {
                let text = format!(
                    "parameters are named \"node.parameter\", for example \"face.box\"; got \"{}\"",
                    Shown(&key)
                );
                return Err(Exception::new(Kind::Pipeline, text).into());
            };
            let value = list(&value)?;
            let images = value.len()?;
            let most = frames.max(1).saturating_mul(MAX_ENTRIES);
            let mut all = Vec::new();
            if !flatten(&value, &mut all, MAX_DEPTH, &mut { most })? {
                let text = format!(
                    "\"{}\" has more than {most} entries for a batch of {frames} image(s); give the numbers of each image",
                    Shown(&key)
                );
                return Err(Exception::new(Kind::Pipeline, text).into());
            }
            let count = all.len().checked_div(images).unwrap_or(0);
            if count * images != all.len() {
                let text = format!(
                    "\"{}\" has {} numbers for {images} image(s); give equally many for each",
                    Shown(&key),
                    all.len()
                );
                return Err(Exception::new(Kind::Pipeline, text).into());
            }
            values.parameters.push(Parameter {
                node: node.to_owned(),
                name: name.to_owned(),
                count,
                values: all,
            });
        }
        Ok(values)
    }

    /// A number for each image, and the number of the pass over the data set.
    pub(crate) fn numbered(indices: Vec<u64>, epoch: u64) -> Self {
        Values {
            indices: Some(indices),
            epoch: Some(epoch),
            ..Values::default()
        }
    }

    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.parameters.is_empty()
            && self.indices.is_none()
            && self.first.is_none()
            && self.epoch.is_none()
    }

    /// The number of the first image, where one was given for it alone.
    pub(crate) fn first(&self) -> Option<u64> {
        self.first
    }

    /// Whether each image has a number of its own.
    pub(crate) fn has_indices(&self) -> bool {
        self.indices.is_some()
    }

    /// Numbers the images from `first` on.
    pub(crate) fn set_first(&mut self, first: u64) {
        self.first = Some(first);
    }

    /// The values and numbers of some images of the call.
    pub(crate) fn of(&self, frames: &[usize]) -> Values {
        let parameters = self.parameters.iter().map(|parameter| Parameter {
            node: parameter.node.clone(),
            name: parameter.name.clone(),
            count: parameter.count,
            values: frames
                .iter()
                .filter_map(|frame| {
                    let start = frame * parameter.count;
                    parameter.values.get(start..start + parameter.count)
                })
                .flatten()
                .copied()
                .collect(),
        });
        let number = |&frame: &usize| match (&self.indices, self.first) {
            (Some(indices), _) => indices.get(frame).copied(),
            (None, Some(first)) => Some(first.wrapping_add(frame as u64)),
            (None, None) => None,
        };
        Values {
            parameters: parameters.collect(),
            indices: frames.iter().map(number).collect(),
            first: None,
            epoch: self.epoch,
        }
    }

    /// The same as parameters of a batch of this pipeline.
    pub(crate) fn parameters(
        &self,
        pipeline: &Pipeline,
    ) -> Result<BatchParameters<'_>, PipelineError> {
        let mut parameters = BatchParameters::new(pipeline);
        for Parameter {
            node,
            name,
            count,
            values,
        } in &self.parameters
        {
            parameters.set(node, name, *count, values)?;
        }
        if let Some(indices) = &self.indices {
            parameters = parameters.with_indices(indices);
        }
        if let Some(first) = self.first {
            parameters = parameters.with_index(first);
        }
        if let Some(epoch) = self.epoch {
            parameters = parameters.with_epoch(epoch);
        }
        Ok(parameters)
    }
}

/// An array of any library, on any device, as nested lists; other values as they are.
fn list<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match value.hasattr("tolist")? {
        true => value.call_method0("tolist"),
        false => Ok(value.clone()),
    }
}

/// A number for each image.
fn indices(index: &Bound<'_, PyAny>, frames: usize) -> PyResult<Vec<u64>> {
    let index = list(index)?;
    if index.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "index is the number of the first image, or a number for each image, not a text",
        ));
    }
    let given = index.len()?;
    if given != frames {
        let text = format!(
            "index has {given} number(s) for {frames} image(s); give the number of the first image, or one for each"
        );
        return Err(Exception::new(Kind::Pipeline, text).into());
    }
    let numbers = index.try_iter()?.take(frames);
    numbers.map(|number| number?.extract()).collect()
}

/// Appends the numbers of nested sequences, and 1 and 0 for true and false. `false` where there are more entries than `left`, which
/// becomes less by the entries that were read.
fn flatten(
    value: &Bound<'_, PyAny>,
    to: &mut Vec<f64>,
    depth: usize,
    left: &mut usize,
) -> PyResult<bool> {
    if value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>() {
        to.push(value.extract()?);
        return Ok(true);
    }
    if depth == 0 {
        return Err(PyTypeError::new_err(
            "values for each image are numbers, or sequences of numbers",
        ));
    }
    for entry in value.try_iter()? {
        let entry = list(&entry?)?;
        let Some(fewer) = left.checked_sub(1) else {
            return Ok(false);
        };
        *left = fewer;
        if !flatten(&entry, to, depth - 1, left)? {
            return Ok(false);
        }
    }
    Ok(true)
}
