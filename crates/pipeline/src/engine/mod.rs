//! The streaming engine: several batches in flight.
//!
//! Uploads, computing and downloads overlap, results come in the order of submission, memory is bounded, and a full engine
//! pushes back.
//!
//! An [`Engine`] has task rings ([`pixelflume_scheduler::rings`]), where a batch is one task, and *lanes*, each with memory,
//! streams and captured graphs of its own. When a batch is begun it takes a lane, and all that it will need of the rings is
//! set aside. Its frames are written into page-locked memory in place ([`BatchWriter`]); submitting the batch gives copies
//! and launches to the device and waits for nothing. One thread waits for the device. It frees the lane as soon as the
//! results are in their piece of the arena, and an [`OutputLease`] holds that piece alone. See `docs/engine.md`.
//!
//! [`Engine::new`] makes an engine for frames of fixed shapes, [`Engine::mixed`] one for images of any width and height. An
//! [`EngineCache`] keeps engines for batches of several shapes.
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

mod admission;
mod batch;
mod batching;
mod cache;
mod cached_batch;
mod cached_results;
mod completion;
mod config;
mod copying;
#[cfg(feature = "codec")]
mod encoded;
mod error;
mod factory;
mod frame_error;
mod given;
mod issue;
mod lane;
mod layout;
mod lease;
mod mixed;
mod place;
mod results;
mod room;
mod sending;
mod shared;
mod shutdown;
mod sized;
mod source;
mod start;
mod state;
mod statistics;
mod submit;
mod tensor_frames;
mod trace;
mod writer;

#[cfg(feature = "codec")]
pub use crate::decoding::{Decoding, ImageDecoder, PartlyDecoded};
pub use crate::image::frame::FrameImage;
pub use batching::{BatchKey, Batching};
pub use cache::{CacheError, EngineCache};
pub use cached_batch::CachedBatch;
pub use cached_results::{CachedResult, CachedResults};
pub use config::{EffectiveConfig, EngineConfig};
#[cfg(feature = "codec")]
pub use encoded::{EncodedBatch, FailedFile};
pub use error::{
    BatchFailure, BatchId, BatchState, EngineError, FailureCause, Full, Resource, SubmitError,
};
pub use factory::EngineFactory;
pub use frame_error::FrameError;
pub use lease::{OutputLease, OutputView};
pub use pixelflume_scheduler::rings::Ring;
pub use pixelflume_scheduler::settings::{Origin, Setting, SettingError};
pub use results::{BatchResult, Results};
pub use shutdown::{Shutdown, ShutdownReport};
pub use sized::ImageParameter;
pub use source::EngineSource;
pub use statistics::EngineStatistics;
pub use writer::BatchWriter;

use crate::error::PipelineError;
use crate::lane::failures::FailureCallback;
use crate::pipeline::Pipeline;
use crate::results::NodeFailure;
use pixelflume_device::Device;
use pixelflume_device::sync::Mutex;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::{ReplayStatistics, Schedule, rings};
use shared::Shared;
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A pipeline on a device with several batches in flight. Any number of threads may submit batches and take results at once.
///
/// Dropping the engine cancels the batches that were not taken, as [`Engine::shutdown`] does.
///
/// In a child that is forked from the process, it is an engine that has stopped: it takes no batches and gives no results,
/// [`Engine::stopped`] says why, counters are 0, and its drop leaks what it has.
pub struct Engine {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    #[cfg(feature = "codec")]
    decoder: ImageDecoder,
}

impl Engine {
    /// The settings in force, each with its origin. The sizes of the rings are in [`Engine::ring_statistics`].
    pub fn effective(&self) -> &EffectiveConfig {
        &self.shared.config
    }

    /// The pipeline, with the parameters that the engine was made with.
    pub fn pipeline(&self) -> &Pipeline {
        &self.shared.pipeline
    }

    /// The device that executes the pipeline.
    pub fn device(&self) -> &Device {
        self.shared.memory.device()
    }

    /// The distribution of the nodes over the streams of a lane. (A lane for which the device has fewer streams has another
    /// one.)
    pub fn schedule(&self) -> &Schedule {
        &self.shared.schedule
    }

    /// The memory manager, from which other memory of the device can be allocated too.
    pub fn memory(&self) -> &MemoryManager {
        &self.shared.memory
    }

    /// The shapes of the outputs, in the order of [`Pipeline::outputs`].
    pub fn output_shapes(&self) -> &[ImageShape] {
        &self.shared.output_shapes
    }

    /// Counters since the engine was made.
    pub fn statistics(&self) -> EngineStatistics {
        if self.shared.is_inherited() {
            return EngineStatistics::default();
        }
        let rings = self.ring_statistics();
        let results = rings.ring(Ring::ExportSlot).high_water;
        EngineStatistics {
            outputs_high_water: usize::try_from(results).unwrap_or(usize::MAX),
            ..self.shared.state.lock().statistics
        }
    }

    /// The statistics of the task rings: sizes with their origin, use, and high-water marks.
    pub fn ring_statistics(&self) -> rings::Statistics {
        match self.shared.is_inherited() {
            true => self.shared.submitter.sizes(),
            false => self.shared.submitter.statistics(),
        }
    }

    /// Counts of direct executions, and of replays by the step that was needed, of the lanes that are free now. After a
    /// shutdown these are all lanes but those of writers that are still open.
    pub fn replay_statistics(&self) -> ReplayStatistics {
        let mut sum = ReplayStatistics::default();
        if self.shared.is_inherited() {
            return sum;
        }
        for lane in &self.shared.state.lock().free_lanes {
            sum += lane.replay_statistics();
        }
        sum
    }

    /// Records batches in `trace`; `None` stops recording. The trace has one row each for uploads, computing and downloads,
    /// and the streams of each lane. Only lanes that are free now take part: attach a trace before the first batch is begun.
    pub fn set_trace(&self, trace: Option<pixelflume_scheduler::Trace>) {
        let device = self.shared.memory.device();
        if device.is_inherited() {
            return;
        }
        if let Err(error) = self.shared.trace.attach(trace.as_ref(), device) {
            tracing::warn!(%error, "the trace will have no rows of this engine");
        }
        for lane in &mut self.shared.state.lock().free_lanes {
            lane.set_trace(trace.clone());
        }
    }

    /// Sets a callback for nodes that fail while they run, in place of an earlier callback. The engine's thread calls it once
    /// per failed node of a batch, in the order of submission, before the result of the batch can be taken. Batches that fail
    /// for other reasons (a frame that does not fit, a copy) come as results alone.
    ///
    /// Skipped nodes (a node before them failed) did not fail. The callback must not block, since nothing else goes on
    /// meanwhile, and a callback that waits for the engine ([`Engine::next`], [`Engine::begin_batch`], [`Engine::shutdown`],
    /// its drop) waits forever. A panic in it is logged and changes nothing. It costs nothing where no node fails.
    pub fn on_failure(&self, callback: impl Fn(&NodeFailure) + Send + Sync + 'static) {
        if self.shared.is_inherited() {
            return;
        }
        let callback: FailureCallback = Arc::new(callback);
        // The old one is dropped without the lock.
        let _old = self.shared.on_failure.lock().replace(callback);
    }

    /// The error that stopped the engine: the device is lost, its work could not be waited for, or this process was forked
    /// since the engine was made. `None` while it works.
    pub fn stopped(&self) -> Option<Arc<PipelineError>> {
        match self.shared.check_process() {
            Ok(()) => self.shared.state.lock().stopped.clone(),
            Err(forked) => Some(forked),
        }
    }
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
