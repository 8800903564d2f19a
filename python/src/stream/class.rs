//! `_native.Stream`, the class.

use crate::device;
use crate::errors::{Exception, Kind};
use crate::frames::{Axes, Place};
use crate::pipeline::function::refuse_inside;
use crate::stream::batch::{Positions, StreamBatch};
use crate::stream::error;
use crate::stream::gather::{Gather, Gathered, Next, Rules};
use crate::stream::given::{self, Label};
use crate::stream::queue::{Indexed, Iterated, Queue, Raised, Wanted};
use crate::stream::settings::StreamSettings;
use crate::stream::shards::Shards;
use pixelflume::device::sync::{Condvar, Mutex};
use pixelflume::device::{ProcessBound, Stream as DeviceStream};
use pixelflume::memory::MemoryManager;
use pixelflume::pipeline::EngineConfig;
use pixelflume::runtime::{Batching, Failure, Job, JobError, Order, Parts};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait between two looks at signals.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

/// The longest that images of the job wait for others of their kind where the caller sets no limit: a source that is read no further
/// until the caller has these images gives no others.
const AGE: Duration = Duration::from_millis(20);

/// The native part of `pixelflume.Stream`: its job, and the images on their way to it and from it.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Stream(ProcessBound<Inner>);

struct Inner {
    queue: Arc<Queue>,
    /// `None` when the stream is closed.
    job: Mutex<Option<Arc<Job>>>,
    /// Where images on a device are taken, and results are gathered.
    stream: DeviceStream,
    memory: &'static MemoryManager,
    axes: Option<Axes>,
    names: Arc<[String]>,
    /// The number of the first image.
    index: u64,
    max_wait: Option<Duration>,
    state: Mutex<State>,
    /// Told when the job has given a batch.
    changed: Condvar,
}

struct State {
    gather: Gather,
    /// Whether a thread waits for the job.
    is_waiting: bool,
    /// When the first image of a batch came that is not complete.
    begun: Option<Instant>,
    /// Why the job gives no more.
    end: Option<Option<JobError>>,
}

/// What a call gets.
enum Taken {
    Batch(Gathered),
    Failed(Failure),
    End(Option<JobError>),
}

#[pymethods]
impl Stream {
    /// Opens the devices and starts the job: over shards, over a source of so many images that it asks for by their index, or over one that
    /// is iterated.
    #[new]
    fn new(
        py: Python<'_>,
        settings: &StreamSettings,
        length: Option<u64>,
        shards: Option<&Shards>,
    ) -> PyResult<Self> {
        refuse_inside()?;
        let inner = py.detach(|| Inner::new(settings, length, shards))?;
        Ok(Stream(ProcessBound::new(inner)))
    }

    /// Waits until another image may be read of the source: its index, or -1 for the next one; `None` when no more are wanted.
    fn wait_for_room(&self, py: Python<'_>) -> Option<i64> {
        let inner = self.inner().ok()?;
        py.detach(|| inner.queue.wait_for_room())
            .map(|wanted| match wanted {
                Wanted::Next => -1,
                Wanted::Index(index) => index.cast_signed(),
            })
    }

    /// Takes an image of the source. One that is none is an error in its place.
    fn push(&self, image: &Bound<'_, PyAny>) -> PyResult<()> {
        let inner = self.inner()?;
        let place = Place {
            device: inner.stream.device(),
            stream: &inner.stream,
            raw_stream: inner.stream.raw().map(|raw| raw as isize),
            axes: inner.axes,
        };
        let item = given::item(image, &place, inner.memory);
        inner.queue.push(item.map_err(Raised));
        Ok(())
    }

    /// Notes that the source has raised this exception in the place of an image.
    fn push_error(&self, error: Bound<'_, PyAny>) -> PyResult<()> {
        let inner = self.inner()?;
        inner.queue.push(Err(Raised(PyErr::from_value(error))));
        Ok(())
    }

    /// Notes that the source has ended, or has raised this exception.
    fn end(&self, error: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let inner = self.inner()?;
        inner.queue.end(error.map(PyErr::from_value));
        Ok(())
    }

    /// The next batch; `None` behind the last one.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Py<StreamBatch>>> {
        refuse_inside()?;
        let inner = self.inner()?;
        loop {
            match py.detach(|| inner.take()) {
                None => py.check_signals()?,
                Some(Taken::Batch(batch)) => return inner.batch(py, batch).map(Some),
                // Where the source ended by an exception, images that the job asks for fail by that.
                Some(Taken::Failed(failure)) => {
                    let error = inner.queue.take_error();
                    return Err(error.unwrap_or_else(|| inner.exception(py, &failure)));
                }
                Some(Taken::End(Some(error))) => return Err(error::of_job(&error)),
                Some(Taken::End(None)) => {
                    return match inner.queue.take_error() {
                        Some(error) => Err(error),
                        None => Ok(None),
                    };
                }
            }
        }
    }

    /// The images that were left out behind the last batch, with their places in the source.
    fn left_out(&self, py: Python<'_>) -> PyResult<Vec<(u64, Py<PyAny>)>> {
        let inner = self.inner()?;
        let failures = inner.state.lock().gather.take_failures();
        Ok(inner.exceptions(py, &failures))
    }

    /// Which images the caller has, as text.
    fn state(&self) -> PyResult<String> {
        let inner = self.inner()?;
        let state = inner.state.lock();
        let text = serde_json::to_string(state.gather.position());
        text.map_err(|error| Exception::new(Kind::Pipeline, error.to_string()).into())
    }

    /// Ends the job and waits for its threads, but for the one that reads the source. Does nothing in a forked child.
    fn close(&self, py: Python<'_>) {
        let Ok(inner) = self.inner() else { return };
        let is_inside = refuse_inside().is_err();
        py.detach(|| match (inner.end(), is_inside) {
            // The threads may need the worker that this one occupies.
            (job, true) => drop_elsewhere(job),
            (job, false) => drop(job),
        });
    }
}

impl Stream {
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
    fn new(
        settings: &StreamSettings,
        length: Option<u64>,
        shards: Option<&Shards>,
    ) -> PyResult<Self> {
        let opened = settings
            .devices
            .iter()
            .map(|&request| device::open(request));
        let opened = opened.collect::<Result<Vec<_>, _>>();
        let opened = opened.map_err(Exception::from)?;
        let stream = opened[0].device().stream().map_err(Exception::from)?;
        let mut builder = Job::builder(&settings.pipeline, opened[0].device())
            .devices(opened.iter().map(|opened| opened.device().clone()))
            .batching(
                Batching::count(settings.batch as u32).within(match settings.max_wait {
                    None => AGE,
                    Some(limit) => limit.min(AGE),
                }),
            )
            .order(match settings.is_in_order {
                true => Order::Kept,
                false => Order::Unordered,
            })
            .workers(settings.workers)
            .host_memory(settings.memory)
            // A large image counts as much as one may.
            .item_memory(u64::MAX / 8)
            .numbered_from(settings.index, settings.epoch)
            .epochs(settings.epochs)
            .engine(EngineConfig::new().device_outputs(true));
        for opened in &opened {
            builder = builder.memory(opened.memory);
        }
        if let Some(shuffle) = settings.shuffle {
            builder = builder.shuffle(shuffle);
        }
        if let Some(position) = settings.resume.clone() {
            builder = builder.resume(position);
        }
        let queue = Arc::new(Queue::new(settings.most(), length.is_some()));
        let started = match (shards, length) {
            (Some(shards), _) => builder.start(shards.dataset()),
            (None, Some(len)) => builder.start(Indexed {
                queue: Arc::clone(&queue),
                len,
            }),
            (None, None) => builder.start_stream(Iterated {
                queue: Arc::clone(&queue),
                taken: settings.resume.clone(),
                next: 0,
            }),
        };
        let job = started.map_err(error::of_start)?;
        let rules = Rules {
            batch: settings.batch,
            is_in_order: settings.is_in_order,
            skips: settings.skips,
            endless: length
                .or_else(|| shards.map(Shards::len))
                .filter(|_| settings.epochs == u64::MAX),
            stays: opened.len() > 1,
        };
        Ok(Inner {
            state: Mutex::new(State {
                gather: Gather::new(rules, job.position()),
                is_waiting: false,
                begun: None,
                end: None,
            }),
            job: Mutex::new(Some(Arc::new(job))),
            queue,
            stream,
            memory: opened[0].memory,
            axes: settings.axes,
            names: settings.pipeline.outputs().map(str::to_owned).collect(),
            index: settings.index,
            max_wait: settings.max_wait,
            changed: Condvar::new(),
        })
    }

    /// Waits for what comes next; `None` where the time has come to look at signals.
    fn take(&self) -> Option<Taken> {
        let until = Instant::now() + BETWEEN_SIGNALS;
        let mut state = self.state.lock();
        loop {
            let late = |begun: Instant| self.max_wait.is_some_and(|limit| begun.elapsed() >= limit);
            let is_late = state.begun.is_some_and(late);
            let is_over = state.end.is_some();
            let next = state.gather.next(is_late, is_over);
            self.queue.release(state.gather.take_left_out());
            state.begun = match (&next, state.gather.is_begun()) {
                (Next::More, true) => state.begun.or_else(|| Some(Instant::now())),
                _ => None,
            };
            match next {
                Next::Batch(batch) => {
                    self.queue.release(batch.items.len());
                    return Some(Taken::Batch(batch));
                }
                Next::Failed(failure) => {
                    self.queue.release(1);
                    return Some(Taken::Failed(failure));
                }
                Next::More => {}
            }
            if let Some(end) = &mut state.end {
                return Some(Taken::End(end.take()));
            }
            let now = Instant::now();
            if now >= until {
                return None;
            }
            let mut limit = until - now;
            if let (Some(begun), Some(most)) = (state.begun, self.max_wait) {
                limit = limit.min(most.saturating_sub(begun.elapsed()));
            }
            if state.is_waiting {
                self.changed.wait_for(&mut state, limit);
                continue;
            }
            let Some(job) = self.job.lock().clone() else {
                return Some(Taken::End(None));
            };
            state.is_waiting = true;
            drop(state);
            let given = job.next_batch_within(limit);
            drop(job);
            state = self.state.lock();
            state.is_waiting = false;
            match given {
                Poll::Pending => {}
                Poll::Ready(Some(Ok(batch))) => state.gather.add(batch),
                Poll::Ready(Some(Err(error))) => state.end = Some(Some(error)),
                Poll::Ready(None) => drop(state.end.get_or_insert(None)),
            }
            self.changed.notify_all();
        }
    }

    /// A batch for Python.
    fn batch(&self, py: Python<'_>, mut batch: Gathered) -> PyResult<Py<StreamBatch>> {
        let results = py.detach(|| batch.results(&self.names, &self.stream))?;
        let mut of = Positions::default();
        for item in &batch.items {
            of.epoch = item.epoch;
            of.positions.push(self.position(item.index));
            of.keys
                .push((!item.name.is_empty()).then(|| item.name.to_string()));
            of.labels
                .push(match (item.attached::<Label>(), item.attached::<Parts>()) {
                    (Some(Label(label)), _) => label.clone_ref(py),
                    (_, Some(parts)) => {
                        let files = PyDict::new(py);
                        for part in parts.iter() {
                            files.set_item(&part.extension, PyBytes::new(py, &part.data))?;
                        }
                        files.into_any().unbind()
                    }
                    _ => py.None(),
                });
        }
        let left_out = self.exceptions(py, &batch.failures);
        StreamBatch::new(py, results, of, left_out)
    }

    fn position(&self, index: u64) -> u64 {
        index.wrapping_sub(self.index)
    }

    fn exception(&self, py: Python<'_>, failure: &Failure) -> PyErr {
        error::of_image(py, failure, self.position(failure.item.index))
    }

    fn exceptions(&self, py: Python<'_>, failures: &[Failure]) -> Vec<(u64, Py<PyAny>)> {
        let failures = failures.iter();
        let raised = failures.map(|failure| {
            let exception = self.exception(py, failure).into_value(py).into_any();
            (self.position(failure.item.index), exception)
        });
        raised.collect()
    }

    /// Ends the stream, and gives the job, whose drop waits for its threads.
    fn end(&self) -> Option<Arc<Job>> {
        self.queue.close();
        let job = self.job.lock().take();
        if let Some(job) = &job {
            job.cancel();
        }
        self.changed.notify_all();
        job
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // This thread may have the interpreter, which threads of the job may need.
        drop_elsewhere(self.end());
    }
}

/// Drops a job in a thread of its own. Where the system gives none, it is leaked: its threads end all the same.
fn drop_elsewhere(job: Option<Arc<Job>>) {
    let Some(job) = job.map(ManuallyDrop::new) else {
        return;
    };
    let thread = thread::Builder::new().name("pixelflume-end".to_owned());
    let _ = thread.spawn(move || drop(ManuallyDrop::into_inner(job)));
}
