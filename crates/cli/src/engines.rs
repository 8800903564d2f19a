//! Makes the engines of a run, and sums up what they did.
//!
//! An engine runs the pipeline for frames of fixed shapes with several batches in flight. A video has one; images of
//! several shapes have one for each, a few at a time (see [`crate::lanes`]). All share one manager of memory.

use crate::args::RunArguments;
use crate::failure::{Failure, full_text};
use crate::limits::{Limits, MAX_BATCH};
use crate::report::EngineReport;
use crate::trace::TraceFile;
use pixelflume::device::Device;
use pixelflume::memory::{MemoryConfig, MemoryError, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{EffectiveConfig, EngineError, Setting, SettingError, Shutdown};
use pixelflume::pipeline::{
    BatchWriter, Engine, EngineConfig, Pipeline, PipelineError, SubmitError,
};
use pixelflume::scheduler::{ReplayStatistics, rings};
use std::sync::{Mutex, PoisonError};

/// Bytes that the frames of a batch may have, as they go in or as they come out; a single frame may have more. An engine
/// has memory for them on the device and in page-locked memory, for each batch in flight.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// Batches of that size that may be in flight; of larger frames fewer are.
const MAX_BATCHES: usize = 3;

/// Makes engines for one pipeline on one device.
#[derive(Debug)]
pub(crate) struct Engines {
    pipeline: Pipeline,
    memory: MemoryManager,
    config: EngineConfig,
    effective: EffectiveConfig,
    /// Those of the task rings, but for what follows from the size of results.
    rings: rings::EffectiveConfig,
    /// Bytes that the frames of a batch may have.
    batch_bytes: usize,
    trace: TraceFile,
    sums: Mutex<Sums>,
}

/// What the engines did that have ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    /// For the report.
    pub(crate) engines: EngineReport,
    /// How batches were submitted.
    pub(crate) replay: ReplayStatistics,
}

impl Engines {
    /// Engines with the settings of the command line, and the environment for what that leaves open. None is made yet.
    ///
    /// # Errors
    /// A setting of the environment is impossible.
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
        let refused = |error: SettingError| Failure::new(full_text(&error));
        let effective = config.effective().map_err(refused)?;
        if effective.max_batch.value > MAX_BATCH {
            let Setting { name, value, .. } = effective.max_batch;
            return Err(Failure::new(format!(
                "{name} is {value}, and a run takes batches of at most {MAX_BATCH}"
            )));
        }
        // Of results of any size: whether the arena holds those of a shape is seen when that is known.
        let rings = config.effective_rings(&effective, 1).map_err(refused)?;
        let mut memory = MemoryConfig::default()
            .with_mode(effective.allocator.value)
            .with_host_limit(limits.engine_bytes());
        if let limit @ ..usize::MAX = effective.memory_limit.value {
            memory = memory.with_limit(limit);
        }
        Ok(Engines {
            pipeline,
            memory: MemoryManager::new(device, memory),
            config,
            effective,
            rings,
            // A batch has its frames and results twice at least: page-locked, and on the device.
            batch_bytes: MAX_BATCH_BYTES.min(limits.engine_bytes() / 8),
            trace: TraceFile::none(),
            sums: Mutex::default(),
        })
    }

    /// Lets the engines that are made from now on record a trace.
    pub(crate) fn set_trace(&mut self, trace: TraceFile) {
        self.trace = trace;
    }

    /// The pipeline.
    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The memory of all engines.
    pub(crate) fn memory(&self) -> &MemoryManager {
        &self.memory
    }

    /// The settings in force, and who set them.
    pub(crate) fn effective(&self) -> &EffectiveConfig {
        &self.effective
    }

    /// The same for the task rings; sizes that nobody set follow from the size of results.
    pub(crate) fn rings(&self) -> &rings::EffectiveConfig {
        &self.rings
    }

    /// Most frames of these shapes, one for each input, that go through the pipeline together: as many as asked for, or
    /// fewer where they are large.
    pub(crate) fn batch(&self, shapes: &[ImageShape]) -> u32 {
        let fitting = self.batch_bytes / self.frame_bytes(shapes);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        self.effective.max_batch.value.min(fitting.max(1))
    }

    /// Bytes of a frame as it goes in, or as it comes out where that is more.
    fn frame_bytes(&self, shapes: &[ImageShape]) -> usize {
        let inputs = shapes.iter().map(ImageShape::bytes).sum::<usize>();
        inputs.max(self.result_bytes(shapes)).max(1)
    }

    /// Bytes of the results of a frame; 0 where the pipeline cannot take the shapes, as making an engine says.
    pub(crate) fn result_bytes(&self, shapes: &[ImageShape]) -> usize {
        self.pipeline.infer(shapes).map_or(0, |shapes| {
            let nodes = self.pipeline.output_nodes().iter();
            nodes.map(|&node| shapes.nodes[node].bytes()).sum()
        })
    }

    /// An engine for batches of at most `frames` frames of these shapes. It has several batches in flight where more than
    /// one is to be expected, the frames are not too large, and there is memory for them.
    ///
    /// # Errors
    /// The pipeline cannot take the shapes, or there is not enough memory for one batch.
    pub(crate) fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let batch_bytes = self.frame_bytes(shapes).saturating_mul(frames as usize);
        let fitting = (MAX_BATCHES * self.batch_bytes / batch_bytes.max(1)).max(1);
        let in_flight = match more_follow {
            true => self.effective.in_flight.value.min(fitting),
            false => 1,
        };
        let make = |in_flight| {
            let mut config = self.config.clone();
            config = config.max_batch(frames).in_flight(in_flight);
            if !more_follow {
                // Small enough to be made for a single image.
                config = config.output_buffers(1).task_window(2);
                config = config.consumed_window(2).edge_pool(2);
            }
            Engine::with_memory(self.pipeline.clone(), &self.memory, shapes, config)
        };
        let engine = match make(in_flight) {
            Err(error) if in_flight > 1 && is_shortage(&error) => make(1)?,
            made => made?,
        };
        self.trace.attach(&engine);
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.engines.note(&engine);
        drop(sums);
        Ok(engine)
    }

    /// An engine for many batches of these shapes, of as many frames as there is memory for, and at most `frames`.
    ///
    /// # Errors
    /// As for [`Engines::make`] with one frame.
    pub(crate) fn make_largest(
        &self,
        shapes: &[ImageShape],
        mut frames: u32,
    ) -> Result<Engine, EngineError> {
        loop {
            match self.make(shapes, frames, true) {
                Err(error) if frames > 1 && is_shortage(&error) => frames /= 2,
                Err(error) if is_shortage(&error) => return self.make(shapes, 1, false),
                made => return made,
            }
        }
    }

    /// Waits until the engine is done, drops results that nobody took, and adds what it did to the sums.
    pub(crate) fn finish(&self, engine: &Engine) {
        engine.shutdown(Shutdown::Drain);
        while engine.try_next().is_some() {}
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.engines.add(&engine.statistics());
        sums.replay += engine.replay_statistics();
    }

    /// What the engines did that have ended.
    pub(crate) fn sums(&self) -> Sums {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.clone()
    }

    /// Writes the trace, where one was asked for; whether that went well.
    pub(crate) fn finish_trace(self) -> bool {
        self.trace.finish()
    }
}

/// Begins a batch; waits for room without end: those who write the results may be slow, and a program that reads them
/// from a pipe may pause.
///
/// # Errors
/// Nothing is submitted any more: the engine is closed or has stopped.
pub(crate) fn begin_batch(engine: &Engine) -> Result<BatchWriter, SubmitError> {
    loop {
        match engine.begin_batch() {
            Err(SubmitError::Stalled { .. }) => {}
            begun => return begun,
        }
    }
}

/// Closes an engine when it goes out of scope, so that nobody waits for a thread that has ended.
pub(crate) struct CloseOnDrop<'a>(pub(crate) &'a Engine);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Whether an engine with less memory might be made.
pub(crate) fn is_shortage(error: &EngineError) -> bool {
    matches!(error, EngineError::Pipeline(PipelineError::Memory { .. })) && !is_fatal(error)
}

/// Why an engine could not be made, and which option sets the limit that it passed.
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

/// Whether no engine can be made any more.
pub(crate) fn is_fatal(error: &EngineError) -> bool {
    matches!(error, EngineError::Pipeline(error) if error.is_fatal())
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
        let batch = |width, height| engines.batch(&[ImageShape::u8(width, height, 3)]);
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
        // Frames that go in, and as many that come out.
        assert_eq!(bytes(false), 2 * batch);
        // Of each batch in flight, and results of twice as many.
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
        assert!(is_shortage(&limit("1MiB").unwrap_err()));
    }
}
