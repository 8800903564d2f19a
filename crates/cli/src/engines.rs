//! The engines of a run, with the settings of the command line, and the sums of their counters.
//!
//! An engine runs the pipeline with several batches in flight. A video has one engine; those of images are made by their job. All share one
//! memory manager.

use crate::args::RunArguments;
use crate::failure::{Failure, full_text};
use crate::limits::{Limits, MAX_BATCH};
use crate::report::EngineReport;
use crate::trace::TraceFile;
use pixelflume::device::Device;
use pixelflume::memory::{MemoryConfig, MemoryError, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{
    EffectiveConfig, EngineError, EngineFactory, EngineSource, Setting, SettingError,
};
use pixelflume::pipeline::{Engine, EngineConfig, Pipeline, PipelineError};
use pixelflume::runtime::{Batching, EngineObserver, Job, JobBuilder};
use pixelflume::scheduler::{ReplayStatistics, Trace, rings};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that the frames of a batch may have, as they go in or as they come out; a single frame may have more.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// Makes engines for one pipeline on one device, or a job that does.
#[derive(Debug)]
pub(crate) struct Engines {
    factory: Arc<EngineFactory>,
    config: EngineConfig,
    /// Bytes of the frames or the results of a batch.
    batch_bytes: usize,
    /// The settings of the task rings that do not follow from the size of results.
    rings: rings::EffectiveConfig,
    trace: TraceFile,
    counters: Arc<Counters>,
}

/// The counters of the engines that have ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    /// For the report.
    pub(crate) engines: EngineReport,
    /// Direct executions and replays.
    pub(crate) replay: ReplayStatistics,
}

/// Attaches the trace to each engine, and adds up the counters.
#[derive(Debug, Default)]
struct Counters {
    trace: Option<Trace>,
    sums: Mutex<Sums>,
}

impl Counters {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineObserver for Counters {
    fn made(&self, engine: &Engine) {
        if let Some(trace) = &self.trace {
            engine.set_trace(Some(trace.clone()));
        }
        self.sums().engines.note(engine);
    }

    fn ended(&self, engine: &Engine) {
        let mut sums = self.sums();
        sums.engines.add(&engine.statistics());
        sums.replay += engine.replay_statistics();
    }
}

impl Engines {
    /// Takes the settings of the command line, and of the environment where the command line sets none. No engine is made yet.
    ///
    /// # Errors
    /// A setting of the environment is out of range.
    pub(crate) fn new(
        arguments: &RunArguments,
        limits: &Limits,
        pipeline: Pipeline,
        device: &Device,
    ) -> Result<Self, Failure> {
        let mut config = EngineConfig::new();
        if let Some(batch) = arguments.batch {
            config = config.max_batch(batch);
        }
        if let Some(streams) = arguments.streams {
            config = config.streams(streams as usize);
        }
        if let Some(allocator) = arguments.allocator {
            config = config.allocator(allocator);
        }
        if let Some(execution) = arguments.execution {
            config = config.execution(execution);
        }
        if let Some(limit) = arguments.memory_limit {
            config = config.memory_limit(limit);
        }
        config = config
            .first_index(arguments.first_index)
            .epoch(arguments.epoch);
        let refused = |error: SettingError| Failure::new(full_text(&error));
        let effective = config.effective().map_err(refused)?;
        if effective.max_batch.value > MAX_BATCH {
            let Setting { name, value, .. } = effective.max_batch;
            return Err(Failure::new(format!(
                "{name} is {value}, and a run takes batches of at most {MAX_BATCH}"
            )));
        }
        // For results of any size: whether the arena holds the results of a shape is checked when the shape is known.
        let rings = config.effective_rings(&effective, 1).map_err(refused)?;
        let mut memory = MemoryConfig::default()
            .with_mode(effective.allocator.value)
            .with_host_limit(limits.engine_bytes());
        if let limit @ ..usize::MAX = effective.memory_limit.value {
            memory = memory.with_limit(limit);
        }
        let memory = MemoryManager::new(device, memory);
        let factory = EngineFactory::new(pipeline, &memory, config.clone()).map_err(refused)?;
        // A batch has its frames and results at least twice: in page-locked memory, and on the device.
        let batch_bytes = MAX_BATCH_BYTES.min(limits.engine_bytes() / 8);
        Ok(Engines {
            factory: Arc::new(factory.with_batch_bytes(batch_bytes)),
            config,
            batch_bytes,
            rings,
            trace: TraceFile::none(),
            counters: Arc::default(),
        })
    }

    /// Attaches a trace to the engines that are made from now on.
    pub(crate) fn set_trace(&mut self, trace: TraceFile) {
        self.counters = Arc::new(Counters {
            trace: trace.trace(),
            ..Counters::default()
        });
        self.trace = trace;
    }

    /// The settings of a job over images, which makes its own engines.
    pub(crate) fn job(&self) -> JobBuilder {
        Job::builder(self.pipeline(), self.memory().device())
            .memory(self.memory())
            .engine(self.config.clone())
            .batching(Batching::default().memory(self.batch_bytes))
            .observe_engines(Arc::clone(&self.counters))
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        self.factory.pipeline()
    }

    /// The memory manager of all engines.
    pub(crate) fn memory(&self) -> &MemoryManager {
        self.factory.memory()
    }

    /// The settings in force, each with its origin.
    pub(crate) fn effective(&self) -> &EffectiveConfig {
        self.factory.effective()
    }

    /// The settings of the task rings in force, each with its origin. Sizes that are not set follow
    /// from the size of results.
    pub(crate) fn rings(&self) -> &rings::EffectiveConfig {
        &self.rings
    }

    /// Tells the bytes of the results of a frame of some shapes; 0 where the pipeline cannot take these.
    pub(crate) fn result_bytes(&self) -> impl Fn(&[ImageShape]) -> usize + Send + Sync + use<> {
        let factory = Arc::clone(&self.factory);
        move |shapes| factory.result_bytes(shapes)
    }

    /// The reason why images like these have an engine for each shape; `None` where one engine takes all sizes.
    pub(crate) fn not_mixed(&self, shapes: &[ImageShape]) -> Option<Arc<str>> {
        self.factory.not_mixed(shapes)
    }

    /// Makes an engine for many batches of these shapes, of as many frames as there is memory for, and at most `frames`.
    ///
    /// # Errors
    /// The pipeline cannot take the shapes, or there is not enough memory for one frame.
    pub(crate) fn make_largest(
        &self,
        shapes: &[ImageShape],
        frames: u32,
    ) -> Result<Engine, EngineError> {
        self.factory
            .make_largest(shapes, frames)
            .map(|engine| self.noted(engine))
    }

    fn noted(&self, engine: Engine) -> Engine {
        self.counters.made(&engine);
        engine
    }

    /// The counters of the engines that have ended.
    pub(crate) fn sums(&self) -> Sums {
        self.counters.sums().clone()
    }

    /// Writes the trace, where one was asked for; whether it was written.
    pub(crate) fn finish_trace(self) -> bool {
        self.trace.finish()
    }
}

impl EngineSource for Engines {
    fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_frames(shapes)
    }

    fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        self.factory
            .make(shapes, frames, more_follow)
            .map(|engine| self.noted(engine))
    }

    /// Ends the engine, and adds its counters to the sums.
    fn finish(&self, engine: &Engine) {
        self.factory.finish(engine);
        self.counters.ended(engine);
    }
}

/// Closes an engine when it goes out of scope, so that no thread waits for one that has ended.
pub(crate) struct CloseOnDrop<'a>(pub(crate) &'a Engine);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The reason why an engine could not be made, with the option that sets the limit that it passed.
pub(crate) fn engine_text(error: &EngineError) -> String {
    let text = full_text(error);
    let EngineError::Pipeline(PipelineError::Memory { source, .. }) = error else {
        return text;
    };
    match source {
        MemoryError::OverHostLimit { .. } => {
            format!("{text}; engines have three eighths of --host-memory")
        }
        MemoryError::OverLimit { .. } => format!("{text}; --memory-limit sets it"),
        _ => text,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::args::{Arguments, Command};
    use clap::Parser;
    use pixelflume::ops::{Operator, Sobel};
    use pixelflume::pipeline::PipelineBuilder;

    /// Engines for a pipeline on the host device, with these further arguments.
    pub(crate) fn engines(pipeline: Pipeline, further: &[&str]) -> Engines {
        let line = ["pixelflume", "run", "p.toml", "a.png", "--out", "o"];
        let arguments = Arguments::parse_from(line.iter().chain(further));
        let Command::Run(arguments) = arguments.command else {
            panic!("it is a run");
        };
        let limits = arguments.limits(1);
        Engines::new(&arguments, &limits, pipeline, &Device::host()).unwrap()
    }

    /// A pipeline of one node.
    pub(crate) fn pipeline(inputs: usize, operator: impl Operator + 'static) -> Pipeline {
        let mut builder = PipelineBuilder::new("one");
        let ports: Vec<_> = (0..inputs)
            .map(|input| builder.input(&format!("input{input}")).unwrap())
            .collect();
        let node = builder.add("node", operator).unwrap();
        for port in ports {
            builder.connect(port, node).unwrap();
        }
        builder.build().unwrap()
    }

    fn edges() -> Pipeline {
        pipeline(1, Sobel::magnitude())
    }

    #[test]
    fn batches_of_large_frames_are_small() {
        let engines = engines(edges(), &["--batch", "100"]);
        let batch = |width, height| engines.max_frames(&[ImageShape::u8(width, height, 3)]);
        assert_eq!(batch(64, 48), 100);
        assert_eq!(batch(1920, 1080), 10);
        assert_eq!(batch(20_000, 10_000), 1);
    }

    #[test]
    fn one_batch_alone_takes_memory_for_one() {
        let engines = engines(edges(), &["--batch", "4"]);
        let shapes = [ImageShape::u8(64, 48, 1)];
        let bytes = |more| {
            engines
                .make(&shapes, 4, more)
                .unwrap()
                .statistics()
                .pinned_bytes
        };
        let batch = 4 * 64 * 48;
        // Frames that go in, and the same number that come out.
        assert_eq!(bytes(false), 2 * batch);
        // The frames of each batch in flight, and results of twice as many batches.
        assert_eq!(bytes(true), (3 + 6) * batch);
    }

    #[test]
    fn where_memory_is_short_fewer_batches_are_in_flight() {
        let shapes = [ImageShape::u8(640, 480, 1)];
        let limit = |limit| {
            let engines = engines(edges(), &["--batch", "4", "--memory-limit", limit]);
            let in_flight = |engine: Engine| engine.effective().in_flight.value;
            engines.make(&shapes, 4, true).map(in_flight)
        };
        assert_eq!(limit("20MiB").unwrap(), 3);
        assert_eq!(limit("4MiB").unwrap(), 1);
        assert!(limit("1MiB").unwrap_err().is_shortage());
    }
}
