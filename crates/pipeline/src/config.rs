//! The settings and the counters of a compiled pipeline and of a runner.

use crate::error::PipelineError;
use pixelflume_device::Device;
use pixelflume_memory::{AllocatorMode, MAX_COPY_THREADS, MemoryConfig};
use pixelflume_scheduler::{
    DEFAULT_REPLAY_KEYS, ExecutionMode, Executor, MAX_REPLAY_KEYS, ReplayConfig,
};
use std::ops::AddAssign;
use std::time::Duration;

/// The most images that one batch may have.
pub const MAX_BATCH: u32 = 65_535;

/// The most batches of one compiled pipeline or runner that may be in flight at once.
pub const MAX_IN_FLIGHT: usize = 1024;

/// Settings of a [`CompiledPipeline`](crate::CompiledPipeline) or a [`Runner`](crate::Runner).
///
/// ```
/// use pixelflume_pipeline::ExecutionConfig;
///
/// let config = ExecutionConfig::default().with_streams(2).with_max_batch(16);
/// assert_eq!((config.streams, config.max_batch, config.plan_cache), (2, 16, 8));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ExecutionConfig {
    /// Streams over which independent nodes are distributed, 1 to 32. Default 4.
    pub streams: usize,
    /// The most frames of one batch, 1 to [`MAX_BATCH`]; more are executed in chunks. Default 8.
    pub max_batch: u32,
    /// The most batches that may be in flight at once by `submit`, 1 to [`MAX_IN_FLIGHT`]; a `submit` of one more waits for the
    /// oldest. While a trace is attached it is 1. Default 4.
    pub in_flight: usize,
    /// The number of plans that a runner keeps, one per set of input shapes, at least 1; the least recently used one is
    /// dropped first, with its memory. Default 8.
    pub plan_cache: usize,
    /// The way to allocate device memory. This is a request, see
    /// [`MemoryManager::effective_mode`](pixelflume_memory::MemoryManager::effective_mode). Default pooled.
    pub allocator: AllocatorMode,
    /// The most bytes of device memory. With `None`, the default, the device sets the limit.
    pub memory_limit: Option<usize>,
    /// Whether device memory is filled with a pattern when it is freed, and checked when it is used again; see
    /// [`MemoryConfig::poison`]. Slow; for finding errors. Default off.
    pub poison_memory: bool,
    /// Direct execution, or replay of captured graphs. The results are equal. Default direct.
    pub execution: ExecutionMode,
    /// With [`ExecutionMode::Replay`]: the number of plans and batch sizes for which captured graphs are kept, 1 to
    /// [`MAX_REPLAY_KEYS`]. Where more take turns, this many are replayed. Default 16: the largest batch and a smaller last
    /// one for each plan that is kept by default.
    pub replay_keys: usize,
    /// The number of threads that help with copies of more than 1 MiB between ordinary and page-locked memory, 0 to
    /// [`MAX_COPY_THREADS`]; see [`MemoryConfig::copy_threads`]. With `None`, the default, it follows the number of CPU cores.
    pub copy_threads: Option<usize>,
    pub(crate) copied_tables: bool,
}

impl Default for ExecutionConfig {
    fn default() -> Self {
        ExecutionConfig {
            streams: 4,
            max_batch: 8,
            in_flight: 4,
            plan_cache: 8,
            allocator: AllocatorMode::default(),
            memory_limit: None,
            poison_memory: false,
            execution: ExecutionMode::default(),
            replay_keys: DEFAULT_REPLAY_KEYS,
            copy_threads: None,
            copied_tables: false,
        }
    }
}

impl ExecutionConfig {
    /// The same settings with this many streams.
    #[must_use]
    pub fn with_streams(mut self, streams: usize) -> Self {
        self.streams = streams;
        self
    }

    /// The same settings with at most this many frames in a batch.
    #[must_use]
    pub fn with_max_batch(mut self, max_batch: u32) -> Self {
        self.max_batch = max_batch;
        self
    }

    /// The same settings with at most this many batches in flight.
    #[must_use]
    pub fn with_in_flight(mut self, batches: usize) -> Self {
        self.in_flight = batches;
        self
    }

    /// The same settings with this many kept plans.
    #[must_use]
    pub fn with_plan_cache(mut self, plan_cache: usize) -> Self {
        self.plan_cache = plan_cache;
        self
    }

    /// The same settings with this way to allocate device memory.
    #[must_use]
    pub fn with_allocator(mut self, allocator: AllocatorMode) -> Self {
        self.allocator = allocator;
        self
    }

    /// The same settings with at most this many bytes of device memory; with `None` the device sets the limit.
    #[must_use]
    pub fn with_memory_limit(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.memory_limit = bytes.into();
        self
    }

    /// The same settings with these settings of the memory: allocator, limit, poison and copy threads at once.
    #[must_use]
    pub fn with_memory(mut self, memory: MemoryConfig) -> Self {
        self.allocator = memory.mode;
        self.memory_limit = memory.limit;
        self.poison_memory = memory.poison;
        self.copy_threads = memory.copy_threads;
        self
    }

    /// The same settings with this many threads that help with copies; with `None` it follows the number of CPU cores.
    #[must_use]
    pub fn with_copy_threads(mut self, threads: impl Into<Option<usize>>) -> Self {
        self.copy_threads = threads.into();
        self
    }

    /// The same settings with this mode of execution.
    #[must_use]
    pub fn with_execution(mut self, execution: ExecutionMode) -> Self {
        self.execution = execution;
        self
    }

    /// The same settings with captured graphs for this many plans and batch sizes.
    #[must_use]
    pub fn with_replay_keys(mut self, keys: usize) -> Self {
        self.replay_keys = keys;
        self
    }

    /// The same settings, with tables of image descriptors copied to the device before each run of a mixed batch, as they are where
    /// kernels cannot read page-locked memory. For tests and measurements.
    #[doc(hidden)]
    #[must_use]
    pub fn with_copied_tables(mut self, copied: bool) -> Self {
        self.copied_tables = copied;
        self
    }

    /// An executor with these settings.
    pub(crate) fn executor(&self, device: &Device) -> Result<Executor, PipelineError> {
        let mut executor = Executor::new(device, self.streams)?;
        executor.set_replay_config(self.replay())?;
        executor.set_mode(self.execution);
        executor.set_most_in_flight(self.in_flight);
        Ok(executor)
    }

    /// The settings of replay.
    pub(crate) fn replay(&self) -> ReplayConfig {
        ReplayConfig::default().with_keys(self.replay_keys)
    }

    /// The settings of the memory.
    pub(crate) fn memory(&self) -> MemoryConfig {
        let mut memory = MemoryConfig::default()
            .with_mode(self.allocator)
            .with_poison(self.poison_memory);
        memory.copy_threads = self.copy_threads;
        match self.memory_limit {
            Some(bytes) => memory.with_limit(bytes),
            None => memory,
        }
    }

    pub(crate) fn check(&self) -> Result<(), PipelineError> {
        let setting = |setting, got, expected| {
            Err(PipelineError::Setting {
                setting,
                got,
                expected,
            })
        };
        if !(1..=MAX_BATCH).contains(&self.max_batch) {
            return setting(
                "max_batch",
                self.max_batch.into(),
                "a batch has 1 to 65535 frames",
            );
        }
        if !(1..=MAX_REPLAY_KEYS).contains(&self.replay_keys) {
            let keys = u64::try_from(self.replay_keys).unwrap_or(u64::MAX);
            return setting(
                "replay_keys",
                keys,
                "keep captured runs of 1 to 1024 plans and batch sizes",
            );
        }
        if let Some(threads) = self.copy_threads
            && threads > MAX_COPY_THREADS
        {
            let threads = u64::try_from(threads).unwrap_or(u64::MAX);
            return setting("copy_threads", threads, "0 to 64 threads help with copies");
        }
        if !(1..=MAX_IN_FLIGHT).contains(&self.in_flight) {
            let batches = u64::try_from(self.in_flight).unwrap_or(u64::MAX);
            return setting("in_flight", batches, "let 1 to 1024 batches be in flight");
        }
        if self.plan_cache == 0 {
            return setting("plan_cache", 0, "keep at least 1 plan");
        }
        Ok(())
    }
}

/// Counters of a [`CompiledPipeline`](crate::CompiledPipeline) or a [`Runner`](crate::Runner), from its start.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ExecutionStatistics {
    /// Batches that were executed; an execution of more frames than the largest batch counts once per chunk.
    pub batches: u64,
    /// Frames that were executed: sets of images of one index, one per input.
    pub frames: u64,
    /// Nodes that were executed: each once per batch, whatever the number of frames. Skipped nodes do not count.
    pub node_launches: u64,
    /// Nodes that failed while they ran.
    pub node_failures: u64,
    /// Plans that were compiled.
    pub plans_compiled: u64,
    /// Runs for which the runner had the plan.
    pub plan_hits: u64,
    /// Plans that kept their memory when parameters changed, with new launches for the nodes of these parameters.
    pub plans_updated: u64,
    /// Plans that were dropped to make room, in the cache or in memory.
    pub plans_evicted: u64,
    /// The time spent on compiling and updating plans.
    pub compile_time: Duration,
    /// The time in which batches were submitted: from the start of each until the device had all of its work, without
    /// waiting for that work. It includes copies of frames and results in ordinary memory, as far as the caller's thread
    /// makes them.
    pub submit_time: Duration,
    /// Executions of more frames than the largest batch, in several chunks.
    pub chunked_runs: u64,
}

/// Adds the counts of several lanes.
impl AddAssign for ExecutionStatistics {
    fn add_assign(&mut self, other: ExecutionStatistics) {
        let ExecutionStatistics {
            batches,
            frames,
            node_launches,
            node_failures,
            plans_compiled,
            plan_hits,
            plans_updated,
            plans_evicted,
            compile_time,
            submit_time,
            chunked_runs,
        } = other;
        self.batches += batches;
        self.frames += frames;
        self.node_launches += node_launches;
        self.node_failures += node_failures;
        self.plans_compiled += plans_compiled;
        self.plan_hits += plan_hits;
        self.plans_updated += plans_updated;
        self.plans_evicted += plans_evicted;
        self.compile_time += compile_time;
        self.submit_time += submit_time;
        self.chunked_runs += chunked_runs;
    }
}
