//! `_native.StreamSettings`: what a stream is made with, checked.

use crate::device;
use crate::errors::{Exception, Kind};
use crate::frames::Axes;
use crate::pipeline::Graph;
use crate::pipeline::custom::Definitions;
use crate::stream::flow::Settings;
use pixelflume::device::{DeviceRequest, default_threads};
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::Pipeline;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// The most threads that decode images of a stream.
const MAX_WORKERS: usize = 256;

/// The most images of a batch.
const MAX_BATCH: usize = 65536;

/// The most batches in flight.
const MAX_IN_FLIGHT: usize = 1024;

/// The settings of a stream. No device is opened, and no thread started.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct StreamSettings {
    pub(super) pipeline: Pipeline,
    /// Kept for the threads of the stream.
    definitions: Definitions,
    pub(super) flow: Settings,
    pub(super) workers: usize,
    pub(super) device: DeviceRequest,
    pub(super) axes: Option<Axes>,
    /// The number of the first image of the source in its data set.
    pub(super) index: u64,
    /// The number of the pass over the data set.
    pub(super) epoch: u64,
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
        Ok(StreamSettings {
            definitions: Definitions::of(py, &pipeline)?,
            pipeline,
            flow: Settings {
                batch,
                most: batch * in_flight,
                in_order: order,
                skips,
            },
            workers,
            device: device::request(device)?,
            axes: Axes::extract(axes)?,
            index,
            epoch,
        })
    }

    /// The most images of a batch.
    #[getter]
    fn batch(&self) -> usize {
        self.flow.batch
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.definitions.traverse(&visit)
    }
}

fn wrong(text: String) -> PyErr {
    Exception::new(Kind::Pipeline, text).into()
}
