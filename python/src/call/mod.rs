//! Calls of a pipeline: frames in, a batch out.

pub(crate) mod failure;
pub(crate) mod job;
mod out;
mod parts;
pub(crate) mod patience;
pub(crate) mod runners;
pub(crate) mod target;
pub(crate) mod values;

use crate::call::job::Job;
use crate::call::out::Places;
use crate::call::runners::Runners;
use crate::call::target::Target;
use crate::call::values::Values;
use crate::device;
use crate::errors::Exception;
use crate::frames::{Axes, Frames, Place};
use crate::pipeline::Graph;
use crate::pipeline::custom::Definitions;
use crate::pipeline::function::refuse_inside;
use crate::pipeline::shape::{ShapeTuple, tuple_of};
use crate::pipeline::trace::Trace;
use crate::results::batch::Batch;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

/// What executes a pipeline: it keeps plans and memory for the shapes and devices of the last calls. Threads may call it at the same
/// time, and a forked process makes its own memory.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Executor {
    runners: Arc<Runners>,
    definitions: Definitions,
}

#[pymethods]
impl Executor {
    #[new]
    fn new(graph: &Bound<'_, Graph>) -> PyResult<Self> {
        let pipeline = graph.get().pipeline.clone();
        Ok(Executor {
            definitions: Definitions::of(graph.py(), &pipeline)?,
            runners: Arc::new(Runners::new(pipeline)),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.definitions.traverse(&visit)
    }

    /// Executes the pipeline over the images of each input, in the order of the pipeline's inputs, and gives a [`Batch`]. On the host
    /// it has been executed; on a GPU it is submitted, and nothing waits.
    ///
    /// `out` has arrays that the results are written to, which nobody else may use meanwhile.
    #[pyo3(signature = (inputs, device=None, stream=None, axes=None, parameters=None, index=None, epoch=None, out=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the arguments of a call in Python"
    )]
    fn call(
        &self,
        inputs: &Bound<'_, PyTuple>,
        device: Option<&Bound<'_, PyAny>>,
        stream: Option<&Bound<'_, PyAny>>,
        axes: Option<&str>,
        parameters: Option<&Bound<'_, PyDict>>,
        index: Option<&Bound<'_, PyAny>>,
        epoch: Option<u64>,
        out: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Batch> {
        let py = inputs.py();
        refuse_inside()?;
        let target = Target::find(inputs, device, stream)?;
        let place = Place {
            device: target.opened.device(),
            stream: &target.stream,
            raw_stream: target.raw_stream(),
            axes: Axes::extract(axes)?,
        };
        let frames: Vec<Frames> = inputs
            .iter()
            .map(|input| Frames::extract(&input, &place))
            .collect::<PyResult<_>>()?;
        let is_single = !frames.is_empty() && frames.iter().all(Frames::is_single);
        let images = frames.first().map_or(0, Frames::len);
        let values = Values::extract(parameters, index, epoch, images)?;
        let places = Places::extract(out, self.runners.names(), &target.stream)?;
        places.check_apart(self.runners.pipeline(), &frames)?;
        let mut job = Job {
            runners: Arc::clone(&self.runners),
            frames,
            values,
            places: places.tensors,
            stream: target.stream,
        };
        let opened = match job.is_light() {
            true => device::inline().map_err(Exception::from)?,
            false => target.opened,
        };
        let mut runner = self.runners.take(py, opened)?;
        let results = match job.is_long() {
            true => patience::apart(py, move || job.run(&mut runner))?,
            false => py.detach(|| job.run(&mut runner)),
        };
        let results = results.map_err(Exception::from)?;
        let batch = Batch::new(results, places.objects, is_single);
        batch.raise_if_all_failed(py)?;
        Ok(batch)
    }

    /// The device of the last call that is complete, and the shapes of its inputs, one image of each; `None` before the first.
    fn last_run(&self) -> Option<(String, Vec<ShapeTuple>)> {
        let (device, shapes) = self.runners.last_run()?;
        Some((device, shapes.into_iter().map(tuple_of).collect()))
    }

    /// Counters of the executions of this process so far, but for calls that are going on.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = py.detach(|| self.runners.statistics());
        let dict = PyDict::new(py);
        dict.set_item("batches", all.batches)?;
        dict.set_item("images", all.frames)?;
        dict.set_item("node_launches", all.node_launches)?;
        dict.set_item("node_failures", all.node_failures)?;
        dict.set_item("plans_compiled", all.plans_compiled)?;
        dict.set_item("plan_hits", all.plan_hits)?;
        dict.set_item("plans_updated", all.plans_updated)?;
        dict.set_item("plans_evicted", all.plans_evicted)?;
        dict.set_item("chunked_runs", all.chunked_runs)?;
        dict.set_item("compile_seconds", all.compile_time.as_secs_f64())?;
        dict.set_item("submit_seconds", all.submit_time.as_secs_f64())?;
        Ok(dict)
    }

    /// Records the calls from now on in a trace; `None` stops it.
    #[pyo3(signature = (trace))]
    fn set_trace(&self, trace: Option<&Bound<'_, Trace>>) {
        let trace = trace.map(|trace| trace.get().trace.clone());
        self.runners.set_trace(trace);
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Executor>()
}
