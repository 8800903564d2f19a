//! Many batches in flight: uploads, computing and downloads overlap, results come in the order of submission, memory is
//! bounded, and a full engine pushes back.
//!
//! An [`Engine`] runs on task rings ([`pixelflume_scheduler::rings`]), where a batch is one task, and on *slots*, each with
//! memory, streams and captured graphs of its own. A batch takes a slot and has all that it will need in the rings set aside
//! when it is begun. Its frames are written into page-locked memory in place ([`BatchWriter`]); submitting it gives copies
//! and launches to the device and waits for nothing. One thread waits for the device; it frees the slot as soon as the
//! results are in their piece of the arena, and [`OutputLease`]s hold that alone. See `docs/engine.md`.
//!
//! ```
//! use pixelflume_device::Device;
//! use pixelflume_ops::{ImageShape, Sobel};
//! use pixelflume_pipeline::engine::{Engine, EngineConfig, Shutdown};
//! use pixelflume_pipeline::{Image, PipelineBuilder};
//!
//! let mut builder = PipelineBuilder::new("edges");
//! let input = builder.input("input")?;
//! builder.then(input, "edges", Sobel::magnitude())?;
//! let shape = ImageShape::u8(4, 3, 1);
//! let engine = Engine::new(builder.build()?, &Device::host(), &[shape], EngineConfig::new().max_batch(2))?;
//!
//! let step = Image::from_fn(4, 3, 1, |x, _, _| if x < 2 { 0 } else { 10 })?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| {
//!         for _ in 0..100 {
//!             let mut batch = engine.begin_batch().expect("the consumer goes on"); // waits for room
//!             batch.push(&step).expect("the shape is right");
//!             batch.frame_mut(0, 1).expect("there is room for two").fill(7); // in place
//!             batch.submit().expect("the engine is open");
//!         }
//!         engine.close();
//!     });
//!     for result in engine.results() {
//!         let lease = result.expect("no operator fails");
//!         let edges = lease.get("edges").expect("it is the output");
//!         assert_eq!(edges.frame(0).unwrap()[..4], [0, 40, 40, 0]);
//!         assert_eq!(edges.frame(1).unwrap(), [0; 12]);
//!     }
//! });
//! assert_eq!(engine.shutdown(Shutdown::Drain).completed, 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod completion;
mod config;
mod error;
mod lease;
mod results;
mod shutdown;
mod slot;
mod state;
mod trace;
mod writer;

pub use config::{EffectiveConfig, EngineConfig};
pub use error::{
    BatchFailure, BatchId, BatchState, EngineError, FailureCause, FrameError, Full, SubmitError,
    Window,
};
pub use lease::{OutputLease, OutputView};
pub use pixelflume_scheduler::rings::Ring;
pub use pixelflume_scheduler::settings::{Origin, Setting, SettingError};
pub use results::{BatchResult, Results};
pub use shutdown::{Shutdown, ShutdownReport};
pub use state::EngineStatistics;
pub use writer::BatchWriter;

use crate::context::FailureCallback;
use crate::node::Source;
use crate::pipeline::Pipeline;
use crate::{Image, NodeFailure, PipelineError};
use parking_lot::{Condvar, Mutex};
use pixelflume_device::Device;
use pixelflume_memory::{MemoryManager, PinnedArena};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::ReplayStatistics;
use pixelflume_scheduler::rings;
use slot::{Lanes, Slot};
use state::{DeviceSide, Layout, Shared, State, Task};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A pipeline on a device with several batches in flight. Any number of threads may submit, and take results, at once.
///
/// Dropping it cancels what was not taken, as [`Engine::shutdown`] does.
pub struct Engine {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// An engine with memory of its own, for frames of these shapes: one per input, in the order of
    /// [`Pipeline::inputs`]. Allocates all that it ever will.
    ///
    /// # Errors
    /// A setting is impossible, a node cannot take its input, or there is not enough memory.
    pub fn new(
        pipeline: Pipeline,
        device: &Device,
        shapes: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let memory = config.effective()?.runner().memory();
        let memory = MemoryManager::new(device, memory);
        Engine::with_memory(pipeline, &memory, shapes, config)
    }

    /// An engine on the device of `memory`, which it shares with others; the settings of memory in `config` are not used.
    ///
    /// # Errors
    /// As for [`Engine::new`].
    pub fn with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        shapes: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let asked = config;
        let config = asked.effective()?;
        let inferred = pipeline.infer(shapes)?;
        let nodes = pipeline.output_nodes().iter();
        let output_shapes: Vec<_> = nodes.map(|&node| inferred.nodes[node]).collect();
        let layout = Layout::new(&output_shapes, config.max_batch.value);
        let sizes = asked.effective_rings(&config, layout.bytes)?;
        let runner = config.runner();
        let slots = config.in_flight.value;
        // Small enough to be there at once, and large enough for the steady state of any engine.
        let outputs = (sizes.export_slots.value as usize).min(4096);
        let mut state = State {
            free_slots: Vec::with_capacity(slots),
            in_flight: VecDeque::with_capacity(slots),
            ready: VecDeque::with_capacity(outputs),
            open: Vec::with_capacity(slots),
            leases: Vec::with_capacity(outputs),
            ..State::default()
        };
        let lanes = Lanes {
            upload: memory.device().stream().map_err(PipelineError::from)?,
            download: memory.device().stream().map_err(PipelineError::from)?,
        };
        for _ in 0..slots {
            let slot = Slot::new(&pipeline, shapes, memory, &runner)?;
            let pinned: usize = slot.inputs.iter().map(|buffer| buffer.len()).sum();
            state.statistics.device_bytes += slot.device_bytes();
            state.statistics.pinned_bytes += pinned;
            state.free_slots.push(Box::new(slot));
        }
        let arena = usize::try_from(sizes.arena.value).unwrap_or(usize::MAX);
        let arena = PinnedArena::new(memory, arena).map_err(|source| PipelineError::Memory {
            owner: pipeline.owner(Source::Node(pipeline.output_nodes()[0])),
            purpose: "results in page-locked memory".to_owned(),
            source,
        })?;
        state.statistics.pinned_bytes += arena.len();
        let (device_bytes, pinned_bytes) =
            (state.statistics.device_bytes, state.statistics.pinned_bytes);
        tracing::info!("{config} {sizes} device_bytes={device_bytes} pinned_bytes={pinned_bytes}");
        let (submitter, completer) = rings::open_effective::<Task>(sizes);
        let shared = Arc::new(Shared {
            input_names: pipeline.inputs().map(str::to_owned).collect(),
            input_shapes: shapes.to_vec(),
            output_names: pipeline.outputs().map(str::to_owned).collect(),
            output_shapes,
            layout,
            config,
            device: Mutex::new(DeviceSide { completer, lanes }),
            state: Mutex::new(state),
            results: Condvar::new(),
            work: Condvar::new(),
            idle: Condvar::new(),
            submitter,
            trace: trace::EngineTrace::default(),
            on_failure: Mutex::new(None),
            arena,
            memory: memory.clone(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("pixelflume-engine".to_owned())
            .spawn(move || completion::run(&of_thread))
            .map_err(EngineError::Thread)?;
        Ok(Engine {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The settings in force, and who set them. The sizes of the rings are in [`Engine::ring_statistics`].
    pub fn effective(&self) -> &EffectiveConfig {
        &self.shared.config
    }

    /// The memory.
    pub fn memory(&self) -> &MemoryManager {
        &self.shared.memory
    }

    /// The shapes of the outputs, in the order of [`Pipeline::outputs`].
    pub fn output_shapes(&self) -> &[ImageShape] {
        &self.shared.output_shapes
    }

    /// What it did so far.
    pub fn statistics(&self) -> EngineStatistics {
        let rings = self.ring_statistics();
        let results = rings.ring(Ring::ExportSlot).high_water;
        EngineStatistics {
            outputs_high_water: usize::try_from(results).unwrap_or(usize::MAX),
            ..self.shared.state.lock().statistics
        }
    }

    /// The task rings: sizes with their origin, what is in use, and the most that ever was.
    pub fn ring_statistics(&self) -> rings::Statistics {
        self.shared.submitter.statistics()
    }

    /// How batches were submitted, as long as it is known: those of the slots that are free now. After a shutdown these
    /// are all slots, but for those of writers that are still open.
    pub fn replay_statistics(&self) -> ReplayStatistics {
        let mut sum = ReplayStatistics::default();
        for slot in &self.shared.state.lock().free_slots {
            sum += slot.replay_statistics();
        }
        sum
    }

    /// Records what batches do in `trace`, or stops it with `None`: when each was uploaded, computed and downloaded, on a lane
    /// each, and what the executors of the slots tell. It concerns the slots that are free now: give it before the first
    /// batch is begun.
    pub fn set_trace(&self, trace: Option<pixelflume_scheduler::Trace>) {
        let device = self.shared.memory.device();
        if let Err(error) = self.shared.trace.attach(trace.as_ref(), device) {
            tracing::warn!(%error, "the trace will have no lanes of this engine");
        }
        for slot in &mut self.shared.state.lock().free_slots {
            slot.set_trace(trace.clone());
        }
    }

    /// Sets what is called for each node that fails while it runs, in place of an earlier callback. It is called by the
    /// engine's thread, once per node of a batch, in the order of submission, before the result of the batch can be taken.
    /// Batches that fail for other reasons (a frame that does not fit, a copy) come as results alone.
    ///
    /// Nodes that are skipped because another one failed did not fail. The callback must not block: nothing else goes on
    /// meanwhile, and one that waits for the engine ([`Engine::next`], [`Engine::begin_batch`], [`Engine::shutdown`], its
    /// drop) waits for ever. A panic in it is logged, and changes nothing. Where no node fails it costs nothing.
    pub fn on_failure(&self, callback: impl Fn(&NodeFailure) + Send + Sync + 'static) {
        let callback: FailureCallback = Arc::new(callback);
        // The old one is dropped without the lock.
        let _old = self.shared.on_failure.lock().replace(callback);
    }

    /// Why the engine has stopped: the device is lost, or its work could not be waited for. `None` while it works.
    pub fn stopped(&self) -> Option<Arc<PipelineError>> {
        self.shared.state.lock().over.clone()
    }

    /// Begins a batch; waits for room as long as the engine moves.
    ///
    /// # Errors
    /// [`SubmitError::Deadlock`] at once where the caller itself holds all there is, [`SubmitError::Stalled`] when nothing
    /// moved for the stall time-out, [`SubmitError::Closed`], [`SubmitError::Stopped`].
    pub fn begin_batch(&self) -> Result<BatchWriter, SubmitError> {
        Ok(BatchWriter::new(&self.shared, self.shared.begin()?))
    }

    /// Begins a batch if there is room.
    ///
    /// # Errors
    /// [`SubmitError::Full`], [`SubmitError::Closed`], [`SubmitError::Stopped`].
    pub fn try_begin_batch(&self) -> Result<BatchWriter, SubmitError> {
        Ok(BatchWriter::new(&self.shared, self.shared.try_begin()?))
    }

    /// Copies the frames of a pipeline of one input into a batch and submits it; waits for room. A frame that does not fit
    /// fails the batch, in its place in the results.
    ///
    /// # Errors
    /// [`SubmitError::NoFrames`], or as for [`Engine::begin_batch`].
    pub fn submit(&self, frames: &[&Image]) -> Result<BatchId, SubmitError> {
        self.submit_inputs(&[frames])
    }

    /// Like [`Engine::submit`], if there is room.
    ///
    /// # Errors
    /// [`SubmitError::NoFrames`], or as for [`Engine::try_begin_batch`].
    pub fn try_submit(&self, frames: &[&Image]) -> Result<BatchId, SubmitError> {
        fill(self.try_begin_batch()?, &[frames])
    }

    /// Like [`Engine::submit`], with the frames of each input, in the order of [`Pipeline::inputs`].
    ///
    /// # Errors
    /// As for [`Engine::submit`].
    pub fn submit_inputs(&self, inputs: &[&[&Image]]) -> Result<BatchId, SubmitError> {
        fill(self.begin_batch()?, inputs)
    }
}

/// Copies frames into a batch and submits it, as a failed one where a frame does not fit.
fn fill(mut writer: BatchWriter, inputs: &[&[&Image]]) -> Result<BatchId, SubmitError> {
    let expected = writer.shapes().len();
    let frames = inputs.first().map_or(0, |frames| frames.len());
    if frames == 0 {
        return Err(SubmitError::NoFrames);
    }
    if inputs.len() != expected {
        let got = inputs.len();
        return writer.send(Some(FrameError::InputCount { expected, got }.into()));
    }
    for (input, images) in inputs.iter().enumerate() {
        for (frame, image) in images.iter().enumerate() {
            if let Err(error) = writer.write(input, frame, image) {
                return writer.send(Some(error.into()));
            }
        }
    }
    writer.submit()
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("device", &self.shared.memory.device().name())
            .field("config", &self.shared.config)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
