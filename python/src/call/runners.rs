//! Runners of one pipeline: one per device and concurrent call, and apart in each process.

use crate::call::patience::TICK;
use crate::device::Opened;
use crate::errors::Exception;
use pixelflume::device::{DeviceId, DeviceRequest, PerProcess};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{ExecutionConfig, ExecutionStatistics, Pipeline, Runner};
use pixelflume::scheduler::Trace;
use pyo3::prelude::*;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most runners of a pipeline on one device. Further calls wait for one.
const MOST: usize = 16;

/// The runners of one pipeline.
pub(crate) struct Runners {
    pipeline: Pipeline,
    names: Arc<[String]>,
    /// A forked child makes its own, and leaves those of its parent alone.
    shelves: PerProcess<Shelves>,
    /// The number of the next image, for random operators.
    next_image: AtomicU64,
    /// Where calls are recorded. The flag says whether there is one, so that other calls take no lock.
    trace: Mutex<Option<Trace>>,
    is_traced: AtomicBool,
}

#[derive(Default)]
struct Shelves {
    all: Mutex<Vec<Shelf>>,
    /// A runner came back.
    returned: Condvar,
}

/// The runners on one device.
struct Shelf {
    device: DeviceId,
    /// Those that no call has.
    free: Vec<Box<Runner>>,
    /// All of them.
    count: usize,
}

impl Shelves {
    fn lock(&self) -> MutexGuard<'_, Vec<Shelf>> {
        // Nothing panics while it is locked.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A runner that no call has, or leave to make one; `None` where all are busy.
    fn try_take(shelves: &mut Vec<Shelf>, device: DeviceId) -> Option<Option<Box<Runner>>> {
        let position = shelves.iter().position(|shelf| shelf.device == device);
        let position = position.unwrap_or_else(|| {
            shelves.push(Shelf {
                device,
                free: Vec::with_capacity(MOST),
                count: 0,
            });
            shelves.len() - 1
        });
        let shelf = &mut shelves[position];
        match shelf.free.pop() {
            Some(runner) => Some(Some(runner)),
            None if shelf.count < MOST => {
                shelf.count += 1;
                Some(None)
            }
            None => None,
        }
    }

    /// Puts a runner back, or takes note that one is gone.
    fn put(&self, device: DeviceId, runner: Option<Box<Runner>>) {
        let mut shelves = self.lock();
        let shelf = shelves.iter_mut().find(|shelf| shelf.device == device);
        if let Some(shelf) = shelf {
            match runner {
                Some(runner) => shelf.free.push(runner),
                None => shelf.count -= 1,
            }
        }
        drop(shelves);
        self.returned.notify_one();
    }
}

impl Runners {
    pub(crate) fn new(pipeline: Pipeline) -> Self {
        Runners {
            names: pipeline.outputs().map(str::to_owned).collect(),
            shelves: PerProcess::new(),
            next_image: AtomicU64::new(0),
            trace: Mutex::new(None),
            is_traced: AtomicBool::new(false),
            pipeline,
        }
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The names of the outputs, in order.
    pub(crate) fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// The number of the first of `frames` images: `index`, or the number behind the last image of the call before.
    pub(crate) fn number(&self, index: Option<u64>, frames: u64) -> u64 {
        match index {
            Some(index) => {
                let next = index.wrapping_add(frames);
                self.next_image.store(next, Ordering::Relaxed);
                index
            }
            None => self.next_image.fetch_add(frames, Ordering::Relaxed),
        }
    }

    /// A runner on the device that no other call has. Where all are busy it waits without the interpreter.
    pub(crate) fn take(self: &Arc<Self>, py: Python<'_>, opened: Opened) -> PyResult<Taken> {
        let device = opened.device().id();
        let shelves = self.shelves.get_or_init(Shelves::default);
        let mut found = Shelves::try_take(&mut shelves.lock(), device);
        while found.is_none() {
            py.check_signals()?;
            found = py.detach(|| {
                let (mut all, _) = shelves
                    .returned
                    .wait_timeout(shelves.lock(), TICK)
                    .unwrap_or_else(PoisonError::into_inner);
                Shelves::try_take(&mut all, device)
            });
        }
        let mut taken = Taken {
            runners: Arc::clone(self),
            device,
            runner: found.flatten(),
            is_traced: false,
        };
        if taken.runner.is_none() {
            let pipeline = self.pipeline.clone();
            let made = py.detach(|| {
                Runner::with_memory(pipeline, opened.memory, ExecutionConfig::default())
            });
            taken.runner = Some(Box::new(made.map_err(Exception::from)?));
        }
        if self.is_traced.load(Ordering::Relaxed) {
            let trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
            taken.is_traced = trace.is_some();
            taken.set_trace(trace.clone());
        }
        Ok(taken)
    }

    /// Records the calls from now on; `None` stops recording.
    pub(crate) fn set_trace(&self, trace: Option<Trace>) {
        let mut current = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_traced.store(trace.is_some(), Ordering::Relaxed);
        *current = trace;
    }

    /// The device, and the shapes of the inputs, of the last run of a runner that no call has; `None` before the first.
    pub(crate) fn last_run(&self) -> Option<(String, Vec<ImageShape>)> {
        let shelves = self.shelves.get()?.lock();
        let mut runners = shelves.iter().flat_map(|shelf| &shelf.free);
        let runner = runners.find(|runner| !runner.last_shapes().is_empty())?;
        let device = match runner.device().ordinal() {
            Some(index) => DeviceRequest::Cuda(index),
            None => DeviceRequest::Host,
        };
        Some((device.to_string(), runner.last_shapes().to_vec()))
    }

    /// Counters of all runners of this process that no call has.
    pub(crate) fn statistics(&self) -> ExecutionStatistics {
        let mut all = ExecutionStatistics::default();
        if let Some(shelves) = self.shelves.get() {
            for runner in shelves.lock().iter().flat_map(|shelf| &shelf.free) {
                all += runner.statistics();
            }
        }
        all
    }
}

/// A runner of one call, which goes back at the drop.
pub(crate) struct Taken {
    runners: Arc<Runners>,
    device: DeviceId,
    /// `None` while it is made, and where that failed.
    runner: Option<Box<Runner>>,
    /// Whether the call is recorded.
    is_traced: bool,
}

impl Deref for Taken {
    type Target = Runner;

    fn deref(&self) -> &Runner {
        let runner = self.runner.as_deref();
        runner.expect("a taken runner stays until the drop")
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut Runner {
        let runner = self.runner.as_deref_mut();
        runner.expect("a taken runner stays until the drop")
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut runner = self.runner.take();
        if thread::panicking() {
            // A panic may have left it half changed.
            runner = None;
        }
        if let (true, Some(runner)) = (self.is_traced, &mut runner) {
            runner.set_trace(None);
        }
        if let Some(shelves) = self.runners.shelves.get() {
            shelves.put(self.device, runner);
        }
    }
}
