//! The settings of an engine, from a builder, the environment or the defaults.

mod effective;

pub use effective::EffectiveConfig;

use super::batch::Work;
use crate::config::MAX_BATCH;
use crate::lane::pixels::ALIGNMENT;
use pixelflume_memory::AllocatorMode;
use pixelflume_scheduler::rings::{self, RingConfig};
use pixelflume_scheduler::settings::{Form, Setting, SettingError, process_environment};
use pixelflume_scheduler::{DEFAULT_REPLAY_KEYS, ExecutionMode, MAX_REPLAY_KEYS, MAX_STREAMS};
use std::time::Duration;

/// Bytes of the room for the pixels of a batch of images of any sizes: 64 photographs of a megapixel, or a few larger ones.
const DEFAULT_MIXED_BYTES: usize = 64 << 20;

/// Bytes of the frames of a batch that are in device memory: 64 photographs of 2.7 megapixels.
const DEFAULT_TENSOR_BYTES: usize = 512 << 20;

/// Settings of an [`Engine`](crate::engine::Engine). A setting that is not set here comes from the environment; where the
/// environment has none either, the default is used.
///
/// ```
/// use pixelflume_pipeline::engine::{EngineConfig, Origin};
///
/// let environment = |name: &str| (name == "PIXELFLUME_MAX_BATCH").then(|| "16".to_owned());
/// let effective = EngineConfig::new().in_flight(2).effective_in(environment)?;
/// assert_eq!((effective.in_flight.value, effective.in_flight.origin), (2, Origin::Builder));
/// assert_eq!((effective.max_batch.value, effective.max_batch.origin), (16, Origin::Environment));
/// assert_eq!(effective.streams.to_string(), "4 (default)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    in_flight: Option<usize>,
    max_batch: Option<u32>,
    streams: Option<usize>,
    allocator: Option<AllocatorMode>,
    memory_limit: Option<usize>,
    execution: Option<ExecutionMode>,
    replay_keys: Option<usize>,
    stall_timeout: Option<Duration>,
    mixed_bytes: Option<usize>,
    tensor_bytes: Option<usize>,
    first_index: u64,
    epoch: u64,
    rings: RingConfig,
    device_outputs: bool,
}

impl EngineConfig {
    /// A configuration in which nothing is set.
    pub fn new() -> Self {
        EngineConfig::default()
    }

    /// Batches that are filled, copied and computed at once, 1 to 64: each has a lane with memory, streams and graphs of its
    /// own. Variable `PIXELFLUME_IN_FLIGHT`, default 3.
    #[must_use]
    pub fn in_flight(mut self, lanes: usize) -> Self {
        self.in_flight = Some(lanes);
        self
    }

    /// Batches whose results can exist at once, being computed, waiting or held, 1 to 2^20: slots for exported results of
    /// the task rings. Variable `PIXELFLUME_EXPORT_SLOTS`. The default is the number that fits the arena where its size is
    /// set, and otherwise twice the batches in flight.
    #[must_use]
    pub fn output_buffers(mut self, batches: usize) -> Self {
        self.rings = self.rings.export_slots(batches as u64);
        self
    }

    /// Bytes of memory for results, page-locked or, with [`EngineConfig::device_outputs`], on the device: a multiple of 256 that
    /// holds the results of the largest batch. Variable `PIXELFLUME_ARENA`, default room for the results of
    /// [`EngineConfig::output_buffers`].
    #[must_use]
    pub fn arena(mut self, bytes: usize) -> Self {
        self.rings = self.rings.arena(bytes as u64);
        self
    }

    /// Whether results stay on the device: a lease then has tensors in place of page-locked bytes
    /// ([`OutputLease::tensors`](crate::OutputLease::tensors)), which the plan writes in place. Default off; no variable sets
    /// it, since a program reads results of one kind.
    ///
    /// [`EngineConfig::output_buffers`] and [`EngineConfig::arena`] bound device memory then.
    #[must_use]
    pub fn device_outputs(mut self, on: bool) -> Self {
        self.device_outputs = on;
        self
    }

    /// The most frames of a batch, 1 to [`MAX_BATCH`]. Variable `PIXELFLUME_MAX_BATCH`, default 8.
    #[must_use]
    pub fn max_batch(mut self, frames: u32) -> Self {
        self.max_batch = Some(frames);
        self
    }

    /// Streams over which the independent nodes of one batch are distributed, 1 to 32. Variable `PIXELFLUME_STREAMS`,
    /// default 4. Uploads and downloads have one more stream each.
    #[must_use]
    pub fn streams(mut self, streams: usize) -> Self {
        self.streams = Some(streams);
        self
    }

    /// The way to allocate device memory. Variable `PIXELFLUME_ALLOCATOR` (`stream-ordered`, `pooled`), default pooled.
    #[must_use]
    pub fn allocator(mut self, mode: AllocatorMode) -> Self {
        self.allocator = Some(mode);
        self
    }

    /// The most bytes of device memory, at least 1. Variable `PIXELFLUME_MEMORY_LIMIT` (`1GiB`); by default the device sets
    /// the limit.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Direct execution, or replay of a graph that each lane captures once. Variable `PIXELFLUME_EXECUTION` (`direct`,
    /// `replay`), default replay.
    #[must_use]
    pub fn execution(mut self, mode: ExecutionMode) -> Self {
        self.execution = Some(mode);
        self
    }

    /// The number of batch sizes for which each lane keeps captured graphs, 1 to 1024; where more take turns, this many are
    /// replayed. Variable `PIXELFLUME_REPLAY_KEYS`, default 16.
    #[must_use]
    pub fn replay_keys(mut self, keys: usize) -> Self {
        self.replay_keys = Some(keys);
        self
    }

    /// The time without progress of the engine after which a call that waits for room fails. Variable
    /// `PIXELFLUME_STALL_TIMEOUT_MS`, default 10 s.
    #[must_use]
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall_timeout = Some(timeout);
        self
    }

    /// Bytes of the room for the pixels of one batch of images of any sizes ([`Engine::mixed`](crate::engine::Engine::mixed)), at
    /// least 256: each image takes its bytes, rounded up to a multiple of 256. Every lane has such a room in page-locked memory and
    /// one on the device. Variable `PIXELFLUME_MIXED_BYTES` (`64MiB`), default 64 MiB. An engine for one set of shapes has no room.
    #[must_use]
    pub fn mixed_bytes(mut self, bytes: usize) -> Self {
        self.mixed_bytes = Some(bytes);
        self
    }

    /// The most bytes of the frames of one batch that are given in device memory, at least 256: tensors
    /// ([`BatchWriter::write_tensor`](crate::engine::BatchWriter::write_tensor)), and files that the GPU decodes. Each image takes its
    /// bytes, rounded up to a multiple of 256. The engine takes no memory for them beforehand. Variable `PIXELFLUME_TENSOR_BYTES`
    /// (`1GiB`), default 512 MiB.
    #[must_use]
    pub fn tensor_bytes(mut self, bytes: usize) -> Self {
        self.tensor_bytes = Some(bytes);
        self
    }

    /// The number of the engine's first image in its data set, for operators whose effect differs from image to image; default 0.
    /// Images are counted in the order in which their batches are submitted, unless a number is given with the image
    /// ([`BatchWriter::set_index`](crate::engine::BatchWriter::set_index)).
    #[must_use]
    pub fn first_index(mut self, index: u64) -> Self {
        self.first_index = index;
        self
    }

    /// The number of the pass over the data set, for operators that draw random numbers; default 0.
    /// [`BatchWriter::set_epoch`](crate::engine::BatchWriter::set_epoch) sets it for one batch.
    #[must_use]
    pub fn epoch(mut self, epoch: u64) -> Self {
        self.epoch = epoch;
        self
    }

    /// The settings of an engine in this environment, without the sizes of its task rings, which depend on the size of its
    /// results: see [`EngineConfig::effective_rings`].
    ///
    /// # Errors
    /// A value cannot be parsed, or is out of range; the error names it.
    pub fn effective(&self) -> Result<EffectiveConfig, SettingError> {
        self.effective_in(process_environment)
    }

    /// The settings like [`EngineConfig::effective`], in an environment of the caller.
    ///
    /// # Errors
    /// The same as for [`EngineConfig::effective`].
    pub fn effective_in(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<EffectiveConfig, SettingError> {
        let env = &environment;
        let in_flight = Setting::resolve(
            env,
            "PIXELFLUME_IN_FLIGHT",
            Form::count(),
            self.in_flight,
            (3, ""),
        )?;
        in_flight.check("a number from 1 to 64", |lanes| (1..=64).contains(&lanes))?;
        let max_batch = Setting::resolve(
            env,
            "PIXELFLUME_MAX_BATCH",
            Form::count(),
            self.max_batch,
            (8, ""),
        )?;
        max_batch.check("a number from 1 to 65535", |frames| {
            (1..=MAX_BATCH).contains(&frames)
        })?;
        let streams = Setting::resolve(
            env,
            "PIXELFLUME_STREAMS",
            Form::count(),
            self.streams,
            (4, ""),
        )?;
        streams.check("a number from 1 to 32", |streams| {
            (1..=MAX_STREAMS).contains(&streams)
        })?;
        let allocator = Setting::resolve(
            env,
            "PIXELFLUME_ALLOCATOR",
            Form::parsed("pooled or stream-ordered"),
            self.allocator,
            (AllocatorMode::default(), ""),
        )?;
        let memory_limit = Setting::resolve(
            env,
            "PIXELFLUME_MEMORY_LIMIT",
            Form::bytes(),
            self.memory_limit,
            (usize::MAX, "no limit"),
        )?;
        memory_limit.check("at least 1 byte", |bytes| bytes > 0)?;
        let execution = Setting::resolve(
            env,
            "PIXELFLUME_EXECUTION",
            Form::parsed("direct or replay"),
            self.execution,
            (ExecutionMode::Replay, ""),
        )?;
        let replay_keys = Setting::resolve(
            env,
            "PIXELFLUME_REPLAY_KEYS",
            Form::count(),
            self.replay_keys,
            (DEFAULT_REPLAY_KEYS, ""),
        )?;
        replay_keys.check("a number from 1 to 1024", |keys| {
            (1..=MAX_REPLAY_KEYS).contains(&keys)
        })?;
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let stall_timeout_ms = Setting::resolve(
            env,
            "PIXELFLUME_STALL_TIMEOUT_MS",
            Form::parsed("a number of milliseconds"),
            self.stall_timeout.map(milliseconds),
            (10_000, ""),
        )?;
        stall_timeout_ms.check("from 1 ms to a day", |time| {
            (1..=86_400_000).contains(&time)
        })?;
        let mixed_bytes = Setting::resolve(
            env,
            "PIXELFLUME_MIXED_BYTES",
            Form::bytes(),
            self.mixed_bytes,
            (DEFAULT_MIXED_BYTES, ""),
        )?;
        mixed_bytes.check("at least 256 bytes", |bytes| bytes >= ALIGNMENT)?;
        let tensor_bytes = Setting::resolve(
            env,
            "PIXELFLUME_TENSOR_BYTES",
            Form::bytes(),
            self.tensor_bytes,
            (DEFAULT_TENSOR_BYTES, ""),
        )?;
        tensor_bytes.check("at least 256 bytes", |bytes| bytes >= ALIGNMENT)?;
        Ok(EffectiveConfig {
            in_flight,
            max_batch,
            streams,
            allocator,
            memory_limit,
            execution,
            replay_keys,
            stall_timeout_ms,
            mixed_bytes,
            tensor_bytes,
            first_index: self.first_index,
            epoch: self.epoch,
            device_outputs: self.device_outputs,
        })
    }

    /// The sizes of the task rings of an engine whose largest batch has results of `result_bytes` bytes. `export_slots` is
    /// the number of batches whose results can exist at once, `arena` is their memory.
    ///
    /// # Errors
    /// A size cannot be parsed, is out of range, or does not hold a batch; the error names it.
    pub fn effective_rings(
        &self,
        effective: &EffectiveConfig,
        result_bytes: usize,
    ) -> Result<rings::EffectiveConfig, SettingError> {
        self.effective_rings_in(process_environment, effective, result_bytes)
    }

    /// The sizes like [`EngineConfig::effective_rings`], in an environment of the caller.
    ///
    /// # Errors
    /// The same as for [`EngineConfig::effective_rings`].
    pub fn effective_rings_in(
        &self,
        environment: impl Fn(&str) -> Option<String>,
        effective: &EffectiveConfig,
        result_bytes: usize,
    ) -> Result<rings::EffectiveConfig, SettingError> {
        let lanes = effective.in_flight.value as u64;
        // A lane is free a moment before its task is released.
        let tasks = lanes + 1;
        let rings = self.rings.clone();
        rings
            .for_results(tasks, result_bytes as u64, 2 * lanes, "2 x in flight")
            .stall_timeout(effective.stall_timeout())
            .effective_in::<Work>(environment)
    }
}
