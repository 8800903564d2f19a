//! `_native.WholeStream`, the class.

use crate::call::runners::Runners;
use crate::device;
use crate::errors::{Exception, Kind};
use crate::frames::{Axes, Decoding, Frames, Place};
use crate::pipeline::function::refuse_inside;
use crate::stream::batch::{Positions, StreamBatch};
use crate::stream::fault::Fault;
use crate::stream::fault::exceptions;
use crate::stream::given::refuse_several;
use crate::stream::settings::StreamSettings;
use crate::stream::whole::executor::{self, Executor, Ready};
use crate::stream::whole::flow::{Flow, Next};
use crate::stream::whole::workers;
use pixelflume::device::sync::Mutex;
use pixelflume::device::{ProcessBound, Stream as DeviceStream};
use pixelflume::pipeline::{ExecutionConfig, Runner};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The longest wait between two looks at signals.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

/// The native part of a `pixelflume.Stream` whose batches are each one call: its queues and threads.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct WholeStream(ProcessBound<Inner>);

struct Inner {
    flow: Arc<Flow>,
    /// The stream of the device that batches are submitted on, and that images on the device are ordered by.
    stream: DeviceStream,
    axes: Option<Axes>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// What comes behind the batches that were taken.
    end: Mutex<End>,
}

#[derive(Default)]
struct End {
    /// The error that the next call raises.
    fault: Option<Fault>,
    /// Images that were left out behind the last batch.
    skipped: Vec<(u64, Fault)>,
}

#[pymethods]
impl WholeStream {
    /// Opens the device and starts the threads.
    #[new]
    fn new(py: Python<'_>, settings: &StreamSettings) -> PyResult<Self> {
        refuse_inside()?;
        let inner = py.detach(|| Inner::new(settings))?;
        Ok(WholeStream(ProcessBound::new(inner)))
    }

    /// Waits until another image may be read of the source: -1 for the next one, `None` when no more are wanted.
    fn wait_for_room(&self, py: Python<'_>) -> Option<i64> {
        let inner = self.inner().ok()?;
        py.detach(|| inner.flow.wait_for_room()).then_some(-1)
    }

    /// Takes the next image of the source. One that is none is an error in its place.
    fn push(&self, py: Python<'_>, image: &Bound<'_, PyAny>) -> PyResult<()> {
        let inner = self.inner()?;
        let place = Place {
            device: inner.stream.device(),
            stream: &inner.stream,
            raw_stream: inner.stream.raw().map(|raw| raw as isize),
            axes: inner.axes,
        };
        let is_pair = image.cast::<PyTuple>().is_ok_and(|pair| pair.len() == 2);
        let frames = match is_pair {
            true => Err(no_labels()),
            false => refuse_several(image).and_then(|()| Frames::extract(image, &place)),
        };
        let image = frames.and_then(|frames| match frames.is_single() {
            true => Ok(frames),
            false => Err(one_image(frames.len())),
        });
        py.detach(|| inner.flow.push(image.map_err(Fault::Raised)));
        Ok(())
    }

    /// Notes that the source has ended, or has raised this exception.
    fn end(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let inner = self.inner()?;
        let fault = error.map(|error| Fault::Raised(PyErr::from_value(error)));
        py.detach(|| inner.flow.end(fault));
        Ok(())
    }

    /// The next batch; `None` behind the last one.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Py<StreamBatch>>> {
        refuse_inside()?;
        let inner = self.inner()?;
        loop {
            // Without the lock, since an exception is made by code of Python.
            let fault = inner.end.lock().fault.take();
            if let Some(fault) = fault {
                return Err(fault.into());
            }
            match py.detach(|| inner.flow.next(BETWEEN_SIGNALS)) {
                Next::NotYet => py.check_signals()?,
                Next::End => return Ok(None),
                Next::Batch(ready) => {
                    if let Some(taken) = inner.taken(py, *ready)? {
                        return Ok(Some(taken));
                    }
                }
            }
        }
    }

    /// The images that were left out behind the last batch, with their places in the source.
    fn left_out(&self, py: Python<'_>) -> PyResult<Vec<(u64, Py<PyAny>)>> {
        let skipped = std::mem::take(&mut self.inner()?.end.lock().skipped);
        Ok(exceptions(py, skipped))
    }

    /// Stops the threads and waits for them, but for the one that reads the source. Does nothing in a forked child.
    fn close(&self, py: Python<'_>) {
        if let Ok(inner) = self.inner() {
            let is_inside = refuse_inside().is_err();
            py.detach(|| {
                inner.flow.close();
                if is_inside {
                    // The threads may need the worker that this one occupies.
                    return;
                }
                let threads = std::mem::take(&mut *inner.threads.lock());
                for thread in threads {
                    // Panics are caught where code of others is called.
                    let _ = thread.join();
                }
            });
        }
    }
}

impl WholeStream {
    fn inner(&self) -> PyResult<&Inner> {
        match ProcessBound::is_inherited(&self.0) {
            false => Ok(&self.0),
            true => Err(Exception::new(
                Kind::Device,
                "this stream was made by the parent of this process, whose threads do not exist here; make a stream in the child",
            )
            .into()),
        }
    }
}

impl Inner {
    fn new(settings: &StreamSettings) -> PyResult<Self> {
        let opened = device::open(settings.devices[0]).map_err(Exception::from)?;
        let stream = opened.device().stream().map_err(Exception::from)?;
        let pipeline = settings.pipeline.clone();
        let runners = Arc::new(Runners::new(pipeline.clone()));
        let runner = Runner::with_memory(pipeline, opened.memory, ExecutionConfig::default());
        let executor = Executor {
            runners,
            runner: runner.map_err(Exception::from)?,
            stream: stream.clone(),
            index: settings.index,
            epoch: settings.epoch,
        };
        let inner = Inner {
            flow: Arc::new(Flow::new(settings.flow())),
            stream,
            axes: settings.axes,
            threads: Mutex::default(),
            end: Mutex::default(),
        };
        inner.start(settings.workers, executor)?;
        Ok(inner)
    }

    /// Starts the threads. Where the system gives none, those that there are stop.
    fn start(&self, workers: usize, executor: Executor) -> PyResult<()> {
        let decoding = Decoding {
            options: *executor.runner.pipeline().decode_options(),
            device: self.stream.device().kind(),
        };
        let mut threads = self.threads.lock();
        let flow = Arc::clone(&self.flow);
        let mut all: Vec<Box<dyn FnOnce() + Send>> =
            vec![Box::new(move || executor::execute(&flow, executor))];
        for _ in 0..workers {
            let flow = Arc::clone(&self.flow);
            all.push(Box::new(move || workers::decode(&flow, &decoding)));
        }
        for work in all {
            let builder = thread::Builder::new().name("pixelflume-stream".to_owned());
            match builder.spawn(work) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    self.flow.close();
                    let text = format!(
                        "a thread of the stream could not be started: {error}; give fewer workers"
                    );
                    return Err(Exception::new(Kind::Device, text).into());
                }
            }
        }
        Ok(())
    }

    /// A batch for Python; `None` where it has no images. What comes behind it is kept.
    fn taken(&self, py: Python<'_>, ready: Ready) -> PyResult<Option<Py<StreamBatch>>> {
        let Ready {
            positions,
            skipped,
            results,
            fault,
        } = ready;
        let mut end = self.end.lock();
        end.fault = fault;
        let Some(results) = results else {
            end.skipped.extend(skipped);
            return Ok(None);
        };
        drop(end);
        let of = Positions {
            positions,
            ..Positions::default()
        };
        StreamBatch::new(py, results, of, exceptions(py, skipped)).map(Some)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The threads end by themselves: this one may have the interpreter, which they may need.
        self.flow.close();
    }
}

/// The error of a batch in the place of an image.
pub(crate) fn one_image(images: usize) -> PyErr {
    Exception::new(
        Kind::Input,
        format!("a batch of {images} images as one item of a source; a source gives its images one by one"),
    )
    .into()
}

/// The error of a pair `(image, label)`.
fn no_labels() -> PyErr {
    Exception::new(
        Kind::Input,
        "a pair as one item of a source; streams of pipelines that pad images to the largest of their batch have no labels: give images alone, and look labels up by `positions`",
    )
    .into()
}
