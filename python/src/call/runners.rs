//! Runners of one pipeline: one per device and concurrent call, and apart in each process.

use crate::call::patience::TICK;
use crate::device::Opened;
use crate::errors::Exception;
use pixelflume::device::{DeviceId, DeviceRequest, PerProcess};
use pixelflume::ops::{ImageShape, registry};
use pixelflume::pipeline::{ExecutionConfig, ExecutionStatistics, Node, Pipeline, Runner};
use pixelflume::scheduler::Trace;
use pyo3::prelude::*;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most runners of a pipeline on one device. Further calls wait for one.
const MAX_RUNNERS: usize = 16;

/// The runners of one pipeline.
pub(crate) struct Runners {
    pipeline: Pipeline,
    names: Arc<[String]>,
    /// Whether a node is no built-in operator, of which nobody knows how long it takes.
    is_custom: bool,
    /// A forked child makes its own, and leaves those of its parent alone.
    by_device: PerProcess<RunnersByDevice>,
    /// The number of the next image, for random operators.
    next_image: AtomicU64,
    /// For shapes of small images, the bytes of all that the nodes make of one.
    work: PerProcess<Mutex<Vec<(ImageShape, usize)>>>,
}

/// Bytes of the images of all nodes up to which a call is light.
const LIGHT_BYTES: usize = 128 << 10;
/// The most shapes of which the work is kept.
const MAX_SHAPES: usize = 64;

#[derive(Default)]
struct RunnersByDevice {
    all: Mutex<All>,
    /// A runner came back.
    returned: Condvar,
}

#[derive(Default)]
struct All {
    by_device: Vec<DeviceRunners>,
    trace: Option<Trace>,
    /// How often the trace was set.
    traces: u64,
}

/// A runner, and the count of traces when its own was set.
struct Kept {
    runner: Box<Runner>,
    traces: u64,
}

/// The runners on one device.
struct DeviceRunners {
    device: DeviceId,
    /// Those that no call has.
    free: Vec<Kept>,
    /// All of them.
    count: usize,
}

impl RunnersByDevice {
    fn lock(&self) -> MutexGuard<'_, All> {
        // Nothing panics while it is locked.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A runner that no call has, or leave to make one; `None` where all are busy.
    fn try_take(all: &mut All, device: DeviceId) -> Option<Option<Kept>> {
        let All {
            by_device,
            trace,
            traces,
        } = all;
        let position = by_device
            .iter()
            .position(|of_device| of_device.device == device);
        let position = position.unwrap_or_else(|| {
            by_device.push(DeviceRunners {
                device,
                free: Vec::with_capacity(MAX_RUNNERS),
                count: 0,
            });
            by_device.len() - 1
        });
        let of_device = &mut by_device[position];
        match of_device.free.pop() {
            Some(mut kept) => {
                if kept.traces != *traces {
                    kept.runner.set_trace(trace.clone());
                    kept.traces = *traces;
                }
                Some(Some(kept))
            }
            None if of_device.count < MAX_RUNNERS => {
                of_device.count += 1;
                Some(None)
            }
            None => None,
        }
    }

    /// Puts a runner back, or takes note that one is gone.
    fn put(&self, device: DeviceId, kept: Option<Kept>) {
        let mut all = self.lock();
        let mut by_device = all.by_device.iter_mut();
        if let Some(of_device) = by_device.find(|of_device| of_device.device == device) {
            match kept {
                Some(kept) => of_device.free.push(kept),
                None => of_device.count -= 1,
            }
        }
        drop(all);
        self.returned.notify_one();
    }
}

impl Runners {
    pub(crate) fn new(pipeline: Pipeline) -> Self {
        Runners {
            names: pipeline.outputs().map(str::to_owned).collect(),
            is_custom: pipeline.nodes().iter().any(is_custom),
            by_device: PerProcess::new(),
            next_image: AtomicU64::new(0),
            work: PerProcess::new(),
            pipeline,
        }
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Whether a node is no built-in operator.
    pub(crate) fn is_custom(&self) -> bool {
        self.is_custom
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

    /// Whether `count` images of a shape, and all that the nodes of the pipeline make of them, are small.
    pub(crate) fn is_light(&self, shape: ImageShape, count: usize) -> bool {
        let light = |bytes: usize| bytes.saturating_mul(count) <= LIGHT_BYTES;
        if !light(shape.bytes()) {
            return false;
        }
        let work = self.work.get_or_init(Mutex::default);
        // Nothing panics while it is locked.
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = work.iter().find(|(known, _)| *known == shape) {
            return light(*bytes);
        }
        let bytes = self.pipeline.infer(&[shape]).map_or(usize::MAX, |shapes| {
            let nodes = shapes.nodes.iter().map(|shape| shape.bytes());
            nodes.fold(shape.bytes(), usize::saturating_add)
        });
        if work.len() == MAX_SHAPES {
            work.clear();
        }
        work.push((shape, bytes));
        light(bytes)
    }

    /// A runner on the device that no other call has. Where all are busy it waits without the interpreter.
    pub(crate) fn take(self: &Arc<Self>, py: Python<'_>, opened: Opened) -> PyResult<Taken> {
        let device = opened.device().id();
        let by_device = self.by_device.get_or_init(RunnersByDevice::default);
        let mut found = RunnersByDevice::try_take(&mut by_device.lock(), device);
        while found.is_none() {
            py.check_signals()?;
            found = py.detach(|| {
                let (mut all, _) = by_device
                    .returned
                    .wait_timeout(by_device.lock(), TICK)
                    .unwrap_or_else(PoisonError::into_inner);
                RunnersByDevice::try_take(&mut all, device)
            });
        }
        let mut taken = Taken {
            runners: Arc::clone(self),
            device,
            kept: found.flatten(),
        };
        if taken.kept.is_none() {
            let pipeline = self.pipeline.clone();
            let made = py.detach(|| {
                Runner::with_memory(pipeline, opened.memory, ExecutionConfig::default())
            });
            let mut runner = Box::new(made.map_err(Exception::from)?);
            let all = by_device.lock();
            if all.trace.is_some() {
                runner.set_trace(all.trace.clone());
            }
            taken.kept = Some(Kept {
                runner,
                traces: all.traces,
            });
        }
        Ok(taken)
    }

    /// Records the calls from now on in `trace`; `None` stops it.
    pub(crate) fn set_trace(&self, trace: Option<Trace>) {
        let mut all = self.by_device.get_or_init(RunnersByDevice::default).lock();
        all.trace = trace;
        all.traces += 1;
    }

    /// The device, and the shapes of the inputs, of the last run of a runner that no call has; `None` before the first.
    pub(crate) fn last_run(&self) -> Option<(String, Vec<ImageShape>)> {
        let all = self.by_device.get()?.lock();
        let runners = all.by_device.iter().flat_map(|of_device| &of_device.free);
        let mut runners = runners.map(|kept| &kept.runner);
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
        if let Some(by_device) = self.by_device.get() {
            for kept in by_device
                .lock()
                .by_device
                .iter()
                .flat_map(|of_device| &of_device.free)
            {
                all += kept.runner.statistics();
            }
        }
        all
    }
}

fn is_custom(node: &Node) -> bool {
    registry::find(node.operator().kind()).is_none()
}

/// A runner of one call, which goes back at the drop.
pub(crate) struct Taken {
    runners: Arc<Runners>,
    device: DeviceId,
    /// `None` while it is made, and where that failed.
    kept: Option<Kept>,
}

impl Deref for Taken {
    type Target = Runner;

    fn deref(&self) -> &Runner {
        let kept = self.kept.as_ref();
        &kept.expect("a taken runner stays until the drop").runner
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut Runner {
        let kept = self.kept.as_mut();
        &mut kept.expect("a taken runner stays until the drop").runner
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut kept = self.kept.take();
        if thread::panicking() {
            // A panic may have left it half changed.
            kept = None;
        }
        if let Some(by_device) = self.runners.by_device.get() {
            by_device.put(self.device, kept);
        }
    }
}
