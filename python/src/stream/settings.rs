//! `_native.StreamSettings`: what a stream is made with, checked.

use crate::device;
use crate::errors::{Exception, Kind};
use crate::frames::Axes;
use crate::pipeline::Graph;
use crate::pipeline::custom::Definitions;
use crate::stream::whole::flow;
use pixelflume::device::{Device, DeviceRequest, default_threads};
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::Pipeline;
use pixelflume::runtime::{Position, Shuffle};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use std::time::Duration;

/// The most threads that decode images of a stream.
const MAX_WORKERS: usize = 256;

/// The most images of a batch.
const MAX_BATCH: usize = 65535;

/// The most batches in flight.
const MAX_IN_FLIGHT: usize = 1024;

/// The longest that a batch waits for images, in seconds.
const MAX_WAIT: f64 = 3600.0;

/// Operators whose effect depends on the largest image of the batch.
const OF_A_BATCH: [&str; 2] = ["pad_to_largest", "pad_mask"];

/// The settings of a stream. No device is opened, and no thread started.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct StreamSettings {
    pub(super) pipeline: Pipeline,
    /// Kept for the threads of the stream.
    definitions: Definitions,
    pub(super) batch: usize,
    pub(super) in_flight: usize,
    pub(super) is_in_order: bool,
    pub(super) skips: bool,
    pub(super) workers: usize,
    pub(super) devices: Vec<DeviceRequest>,
    pub(super) axes: Option<Axes>,
    /// The number of the first image of the source in its data set.
    pub(super) index: u64,
    /// The number of the first pass over the data set.
    pub(super) epoch: u64,
    pub(super) epochs: u64,
    pub(super) shuffle: Option<Shuffle>,
    pub(super) max_wait: Option<Duration>,
    pub(super) resume: Option<Position>,
    pub(super) memory: u64,
}

#[pymethods]
impl StreamSettings {
    /// Checks the settings.
    #[new]
    #[expect(
        clippy::too_many_arguments,
        reason = "the settings, which are named in Python"
    )]
    fn new(
        py: Python<'_>,
        graph: &Graph,
        batch: usize,
        in_flight: usize,
        workers: Option<usize>,
        device: Option<&Bound<'_, PyAny>>,
        on_error: &str,
        order: bool,
        axes: Option<&str>,
        index: u64,
        epoch: u64,
        epochs: Option<u64>,
        shuffle: Option<(u64, Option<u64>)>,
        max_wait: Option<f64>,
        resume: Option<&str>,
        memory: u64,
    ) -> PyResult<Self> {
        let pipeline = graph.pipeline.clone();
        let inputs = pipeline.inputs().len();
        if inputs != 1 {
            return Err(wrong(format!(
                "a stream is for pipelines of one input, and \"{}\" has {inputs}; call it batch by batch",
                Shown(pipeline.name())
            )));
        }
        let workers = workers.unwrap_or_else(|| default_threads().min(MAX_WORKERS));
        for (name, got, most) in [
            ("batch", batch, MAX_BATCH),
            ("in_flight", in_flight, MAX_IN_FLIGHT),
            ("workers", workers, MAX_WORKERS),
        ] {
            if got == 0 || got > most {
                return Err(wrong(format!("{name} is {got}; give 1 to {most}")));
            }
        }
        let skips = match on_error {
            "raise" => false,
            "skip" => true,
            other => {
                return Err(wrong(format!(
                    "on_error is \"{}\"; give \"raise\" or \"skip\"",
                    Shown(other)
                )));
            }
        };
        let max_wait = match max_wait {
            None => None,
            Some(seconds) if (0.0..=MAX_WAIT).contains(&seconds) => {
                Some(Duration::from_secs_f64(seconds))
            }
            Some(seconds) => {
                return Err(wrong(format!(
                    "max_wait is {seconds}; give seconds, from 0 to {MAX_WAIT}"
                )));
            }
        };
        let resume = match resume.map(serde_json::from_str).transpose() {
            Ok(resume) => resume,
            Err(error) => {
                return Err(wrong(format!(
                    "resume is no state of a stream ({error}); give what `state()` returned"
                )));
            }
        };
        let shuffle = shuffle.map(|(seed, window)| match window {
            None => Shuffle::all(seed),
            Some(window) => Shuffle::windows(seed, window),
        });
        Ok(StreamSettings {
            definitions: Definitions::of(py, &pipeline)?,
            pipeline,
            batch,
            in_flight,
            is_in_order: order,
            skips,
            workers,
            devices: devices(py, device)?,
            axes: Axes::extract(axes)?,
            index,
            epoch,
            epochs: epochs.unwrap_or(u64::MAX),
            shuffle,
            max_wait,
            resume,
            memory,
        })
    }

    /// The most images of a batch.
    #[getter]
    fn batch(&self) -> usize {
        self.batch
    }

    /// The number of passes; `None` where there is no end.
    #[getter]
    fn epochs(&self) -> Option<u64> {
        Some(self.epochs).filter(|&epochs| epochs < u64::MAX)
    }

    /// Whether images depend on the others of their batch, so that a batch is one call.
    #[getter]
    fn is_whole(&self) -> bool {
        let mut nodes = self.pipeline.nodes().iter();
        nodes.any(|node| OF_A_BATCH.contains(&node.operator().kind()))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.definitions.traverse(&visit)
    }
}

impl StreamSettings {
    /// The settings of a stream whose batches are calls.
    pub(super) fn flow(&self) -> flow::Settings {
        flow::Settings {
            batch: self.batch,
            most: self.most(),
            in_order: self.is_in_order,
            skips: self.skips,
        }
    }

    /// The most images that were read and that the caller does not have.
    pub(super) fn most(&self) -> usize {
        self.batch * self.in_flight
    }
}

/// The devices that are named: one, `"cuda:all"`, or a list of several.
fn devices(py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<DeviceRequest>> {
    let Some(value) = value else {
        return Ok(vec![device::request(None)?]);
    };
    let is_all = value
        .cast::<PyString>()
        .is_ok_and(|name| name == "cuda:all");
    let named: Vec<DeviceRequest> = if is_all {
        let count = py.detach(Device::cuda_count);
        let count = count.map_err(|error| Exception::new(Kind::Device, error.to_string()))?;
        (0..count).map(DeviceRequest::Cuda).collect()
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let names = value.try_iter()?;
        names
            .map(|name| device::request(Some(&name?)))
            .collect::<PyResult<_>>()?
    } else {
        vec![device::request(Some(value))?]
    };
    match named.is_empty() {
        false => Ok(named),
        true => Err(Exception::new(
            Kind::Device,
            "there is no device to run on; give one by its name, such as \"host\"",
        )
        .into()),
    }
}

fn wrong(text: String) -> PyErr {
    Exception::new(Kind::Pipeline, text).into()
}
