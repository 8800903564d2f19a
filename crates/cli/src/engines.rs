//! The engines of a run, with the settings of the command line, and the sums of their counters.
//!
//! A job makes the engines: those of a device share one memory manager.

use crate::args::RunArguments;
use crate::failure::{Failure, full_text};
use crate::limits::{Limits, MAX_BATCH};
use crate::report::{EngineReport, ReplayReport};
use crate::trace::TraceFile;
use pixelflume::device::Device;
use pixelflume::memory::{MemoryConfig, MemoryError, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{
    EffectiveConfig, EngineError, EngineFactory, EngineSource, Origin, Setting, SettingError,
};
use pixelflume::pipeline::{Engine, EngineConfig, Pipeline, PipelineError};
use pixelflume::runtime::{Batching, EngineCounters, EngineObserver, Job, JobBuilder};
use pixelflume::scheduler::{Trace, rings};
use std::sync::Arc;

/// Bytes that the frames of a batch may have, as they go in or as they come out; a single frame may have more.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// What the engines of a run have in common.
#[derive(Debug)]
pub(crate) struct Engines {
    /// Tells what engines take. None is made by it.
    factory: Arc<EngineFactory>,
    /// The memory managers, one for each device.
    memories: Vec<MemoryManager>,
    config: EngineConfig,
    /// Bytes of the frames or the results of a batch.
    batch_bytes: usize,
    /// The settings of the task rings that do not follow from the size of results.
    rings: rings::EffectiveConfig,
    /// Whether nobody has set the most images of a batch.
    has_default_batch: bool,
    trace: TraceFile,
    observer: Arc<Observer>,
}

/// Attaches the trace to each engine, and adds up the counters.
#[derive(Debug, Default)]
struct Observer {
    trace: Option<Trace>,
    counters: EngineCounters,
}

impl EngineObserver for Observer {
    fn made(&self, engine: &Engine) {
        if let Some(trace) = &self.trace {
            engine.set_trace(Some(trace.clone()));
        }
        self.counters.made(engine);
    }

    fn ended(&self, engine: &Engine) {
        self.counters.ended(engine);
    }
}

impl Engines {
    /// Takes the settings of the command line, and of the environment where the command line sets none; `default_batch` where neither has the most
    /// images of a batch. No engine is made yet.
    ///
    /// # Errors
    /// A setting of the environment is out of range.
    pub(crate) fn new(
        arguments: &RunArguments,
        limits: &Limits,
        pipeline: Pipeline,
        devices: &[Device],
        default_batch: Option<u32>,
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
        let mut effective = config.effective().map_err(refused)?;
        let has_default = matches!(effective.max_batch.origin, Origin::Default(_));
        let default_batch = default_batch.filter(|_| has_default);
        if let Some(batch) = default_batch {
            config = config.max_batch(batch);
            effective = config.effective().map_err(refused)?;
        }
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
            .with_host_limit(limits.engine_bytes() / devices.len().max(1));
        if let limit @ ..usize::MAX = effective.memory_limit.value {
            memory = memory.with_limit(limit);
        }
        let memories = devices.iter();
        let memories = memories.map(|device| MemoryManager::new(device, memory.clone()));
        let memories: Vec<MemoryManager> = memories.collect();
        let first = memories
            .first()
            .ok_or_else(|| Failure::new("a run needs a device"))?;
        let factory = EngineFactory::new(pipeline, first, config.clone()).map_err(refused)?;
        // A batch has its frames and results at least twice: in page-locked memory, and on the device.
        let batch_bytes = MAX_BATCH_BYTES.min(limits.engine_bytes() / devices.len() / 8);
        Ok(Engines {
            factory: Arc::new(factory.with_batch_bytes(batch_bytes)),
            memories,
            config,
            batch_bytes,
            rings,
            has_default_batch: has_default,
            trace: TraceFile::none(),
            observer: Arc::default(),
        })
    }

    /// Attaches a trace to the engines that are made from now on.
    pub(crate) fn set_trace(&mut self, trace: TraceFile) {
        self.observer = Arc::new(Observer {
            trace: trace.trace(),
            ..Observer::default()
        });
        self.trace = trace;
    }

    /// The settings of a job, whose batches are `batching`.
    pub(crate) fn job(&self, batching: Batching) -> JobBuilder {
        let device = self.factory.memory().device();
        let devices = self.memories.iter().map(|memory| memory.device().clone());
        let job = Job::builder(self.pipeline(), device)
            .devices(devices)
            .engine(self.config.clone())
            .batching(batching.memory(self.batch_bytes))
            .observe_engines(Arc::clone(&self.observer));
        self.memories.iter().fold(job, JobBuilder::memory)
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        self.factory.pipeline()
    }

    /// The memory manager of the first device.
    pub(crate) fn memory(&self) -> &MemoryManager {
        self.factory.memory()
    }

    /// The memory managers of the engines, one for each device, at least one.
    pub(crate) fn memories(&self) -> &[MemoryManager] {
        &self.memories
    }

    /// The most frames of these shapes in a batch.
    pub(crate) fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_frames(shapes)
    }

    /// The settings in force, each with its origin.
    pub(crate) fn effective(&self) -> &EffectiveConfig {
        self.factory.effective()
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

    /// What the engines that have ended did, and the settings in force.
    pub(crate) fn report(&self) -> (EngineReport, ReplayReport) {
        let sums = self.observer.counters.sums();
        let replay = sums.replay.into();
        let mut report = EngineReport::new(sums, self.effective(), &self.rings);
        if self.has_default_batch {
            report.is_default(self.effective().max_batch.name);
        }
        (report, replay)
    }

    /// The most images of a batch of the engines that were made; the setting where none was.
    pub(crate) fn largest_batch(&self) -> u32 {
        let setting = &self.effective().max_batch;
        let sums = self.observer.counters.sums();
        let in_effect = sums.in_effect.get(setting.name);
        in_effect.map_or(setting.value, |spread| spread.most as u32)
    }

    /// Writes the trace, where one was asked for; whether it was written.
    pub(crate) fn finish_trace(self) -> bool {
        self.trace.finish()
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
        Engines::new(&arguments, &limits, pipeline, &[Device::host()], None).unwrap()
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
}
