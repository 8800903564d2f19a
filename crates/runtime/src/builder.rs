//! The settings of a job.

use crate::admit::admit_items;
use crate::board::Board;
use crate::credits::Credits;
use crate::device::serve_device;
use crate::error::{BoxError, StartError};
use crate::feed::{Feed, Numbers, read_source};
use crate::hooks::{EngineObserver, Hooks, ObservedEngines};
use crate::job::{Job, Starting};
use crate::policy::{Batching, Order, results};
use crate::position::Position;
use crate::settings::{EffectiveJob, Given};
use crate::shared::{Bounds, Core, JobDevice, Shared};
use crate::shuffle::{Passes, Shuffle};
use crate::source::{Dataset, Source};
use crate::task::Task;
use crate::worker::work;
use pixelflume_codec::{DecodeOptions, Limits};
use pixelflume_device::Device;
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{EffectiveConfig, EngineFactory, ImageDecoder};
use pixelflume_pipeline::{EngineConfig, Pipeline};
use pixelflume_scheduler::Trace;
use pixelflume_scheduler::rings::{self, OUTPUT_ALIGN, RingConfig};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a wait without progress goes on before the thread looks at the time.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The settings of a job; see [`Job`].
#[derive(Clone, Debug)]
pub struct JobBuilder {
    pipeline: Pipeline,
    devices: Vec<Device>,
    batching: Batching,
    given: Given,
    shuffle: Option<Shuffle>,
    epochs: u64,
    engine: EngineConfig,
    memories: Vec<MemoryManager>,
    hooks: Hooks,
    position: Option<Position>,
    first: Numbers,
}

impl Job {
    /// The settings of a job that executes `pipeline` on `device`. [`Pipeline::decode_options`] says how files are decoded.
    pub fn builder(pipeline: &Pipeline, device: &Device) -> JobBuilder {
        JobBuilder {
            pipeline: pipeline.clone(),
            devices: vec![device.clone()],
            batching: Batching::default(),
            given: Given::default(),
            shuffle: None,
            epochs: 1,
            engine: EngineConfig::new(),
            memories: Vec::new(),
            hooks: Hooks::default(),
            position: None,
            first: Numbers::default(),
        }
    }
}

impl JobBuilder {
    /// Sets the devices, in place of the one of [`Job::builder`]. Each takes the next batch when it has room for it, and one that has less to do comes
    /// first. A device that is lost fails the batches that it has, and the others go on.
    ///
    /// With [`Order::Kept`] the fastest device waits for the others when it has as many results as there is memory for: devices of very different speeds
    /// serve better with [`Order::Unordered`], or alone.
    #[must_use]
    pub fn devices(mut self, devices: impl IntoIterator<Item = Device>) -> Self {
        self.devices = devices.into_iter().collect();
        self
    }

    /// Sets when a batch is complete. Default: when it has 8 images, or as many as `PIXELFLUME_MAX_BATCH` says; where
    /// `PIXELFLUME_BATCH_AGE_MS` is set, when its first image has waited so many milliseconds.
    #[must_use]
    pub fn batching(mut self, batching: Batching) -> Self {
        self.batching = batching;
        self
    }

    /// Sets the order of batches. Default [`Order::Kept`].
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.given.order = Some(order);
        self
    }

    /// Shuffles each pass over a data set. Default: items come in their order. [`JobBuilder::start`] gives [`StartError::Refused`] where a
    /// window, or their number, is 2^32 or more, and [`JobBuilder::start_stream`] gives [`StartError::NotADataset`].
    #[must_use]
    pub fn shuffle(mut self, shuffle: Shuffle) -> Self {
        self.shuffle = Some(shuffle);
        self
    }

    /// Sets the number of passes over a data set, each in another order where it is shuffled; `u64::MAX` for passes without end. Default 1.
    #[must_use]
    pub fn epochs(mut self, epochs: u64) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets the number of threads that read and decode files and call the sink, 1 to 1024. Variable `PIXELFLUME_WORKERS`,
    /// default [`default_threads`](pixelflume_device::default_threads).
    #[must_use]
    pub fn workers(mut self, threads: usize) -> Self {
        self.given.workers = Some(threads);
        self
    }

    /// Sets the bytes of ordinary memory for items on their way from the source to the device (encoded, decoded, and what decoders take), and
    /// for results that are copied out of the memory of engines, until the caller takes them; at least 512 KiB. Three quarters of it are for
    /// one item at the most, unless [`JobBuilder::item_memory`] says otherwise. Variable `PIXELFLUME_HOST_MEMORY`, default 512 MiB.
    ///
    /// Besides it there are the header that each thread reads, the one item that the source has just given, and the memory of engines, which
    /// [`EngineConfig`] bounds.
    #[must_use]
    pub fn host_memory(mut self, bytes: u64) -> Self {
        self.given.host_memory = Some(bytes);
        self
    }

    /// Sets the bytes that one item may take, where that is more than three quarters of [`JobBuilder::host_memory`]: a few large images go
    /// through a job that has little memory for those of usual size. An item that takes more than three eighths, with its results, is
    /// processed alone, so that one of them is in memory at a time, beside a quarter of the host memory. An
    /// item that brings more than an eighth of the host memory along, as bytes or a decoded image, waits until no other one has been read and
    /// not admitted.
    #[must_use]
    pub fn item_memory(mut self, bytes: u64) -> Self {
        self.given.item_memory = Some(bytes);
        self
    }

    /// Asks `accept` whether an item is wanted, after its headers were read and before anything else is: with the shapes of its images, one for
    /// each input, in one of the threads of the job. An item that is not fails with that error ([`ItemError::Refused`](crate::ItemError::Refused)).
    #[must_use]
    pub fn accept(
        mut self,
        accept: impl Fn(&[ImageShape]) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.accept = Some(Arc::new(accept));
        self
    }

    /// Has the job, and its engines, add what they do to a trace: rows for headers, reading, decoding, runs, results that wait to be taken,
    /// and the sink, up to 16 of each at a time. The numbers of boxes are those of items in the job, and of batches.
    #[must_use]
    pub fn trace(mut self, trace: &Trace) -> Self {
        self.hooks.trace = Some(trace.clone());
        self
    }

    /// Has `observer` learn of each engine that the job makes.
    #[must_use]
    pub fn observe_engines(mut self, observer: impl EngineObserver + 'static) -> Self {
        self.hooks.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the memory manager for its device, with limits and statistics of its own; the settings of memory in [`JobBuilder::engine`] are not
    /// used for that device. Without it the job makes one for each device.
    #[must_use]
    pub fn memory(mut self, memory: &MemoryManager) -> Self {
        self.memories.push(memory.clone());
        self
    }

    /// Sets the settings of the engines. The job sets the most frames of a batch where [`Batching::count`] says it, and the number of results.
    #[must_use]
    pub fn engine(mut self, config: EngineConfig) -> Self {
        self.engine = config;
        self
    }

    /// Begins where another job was ([`Job::position`]): its items that were taken are left out. Of a stream they are read and dropped.
    #[must_use]
    pub fn resume(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Counts items from `index` on, and passes from `epoch` on ([`ItemInfo::index`](crate::ItemInfo::index)), where the source is a part of
    /// something larger or a later pass over it. Shuffles and random operators draw by these numbers. Default 0 and 0.
    #[must_use]
    pub fn numbered_from(mut self, index: u64, epoch: u64) -> Self {
        self.first = Numbers { index, epoch };
        self
    }

    /// Starts a job over a data set.
    ///
    /// # Errors
    /// A setting is out of range, the position is not one of this data set, or the system gives no threads.
    pub fn start(self, dataset: impl Dataset + 'static) -> Result<Job, StartError> {
        let len = dataset.len();
        let passes = Passes::new(self.shuffle, len);
        if !passes.is_possible() {
            return Err(StartError::Refused {
                name: "shuffle",
                value: len,
                rule: "of windows of fewer than 2^32 items, and of fewer than 2^32 windows",
            });
        }
        let feed = Feed::Dataset {
            dataset: Box::new(dataset),
            len,
            epochs: self.epochs,
            passes,
            first: self.first,
        };
        self.begin(feed, Some(len))
    }

    /// Starts a job over a stream, which is read once.
    ///
    /// # Errors
    /// The same as for [`JobBuilder::start`]; or a shuffle, or several epochs, were asked for.
    pub fn start_stream(self, source: impl Source + 'static) -> Result<Job, StartError> {
        if self.shuffle.is_some() || self.epochs != 1 {
            return Err(StartError::NotADataset);
        }
        let feed = Feed::Stream {
            source: Box::new(source),
            first: self.first,
        };
        self.begin(feed, None)
    }

    /// The settings that the job has when it is started now.
    ///
    /// # Errors
    /// A setting of the job, of its engines, or of the environment is out of range.
    pub fn effective(&self) -> Result<EffectiveJob, StartError> {
        self.effective_with().map(|(_, effective)| effective)
    }

    /// The settings, with those of the engines as the job sets them.
    fn effective_with(&self) -> Result<(EngineConfig, EffectiveJob), StartError> {
        let mut config = self.engine.clone();
        if let Some(count) = self.batching.count {
            config = config.max_batch(count);
        }
        let given = Given {
            batch_age: self.batching.age,
            ..self.given
        };
        let engine = config.effective()?;
        let config = config.output_buffers(results(engine.in_flight.value));
        Ok((config, EffectiveJob::new(given, engine)?))
    }

    fn begin(self, feed: Feed, len: Option<u64>) -> Result<Job, StartError> {
        let position = match self.position.clone() {
            None => Position::new(len, self.shuffle),
            Some(position) => match position.mismatch(len, self.shuffle, self.epochs) {
                None => position,
                Some(reason) => return Err(StartError::Position(reason)),
            },
        };
        let (config, effective) = self.effective_with()?;
        if self.devices.is_empty() {
            return Err(StartError::NoDevice);
        }
        let workers = effective.workers.value;
        let memory = effective.host_memory.value / OUTPUT_ALIGN * OUTPUT_ALIGN;
        let eighth = memory / 8 / OUTPUT_ALIGN * OUTPUT_ALIGN;
        let rings = memory - 2 * eighth;
        let bounds = Bounds {
            item: rings.max(self.given.item_memory.unwrap_or(0)),
            rings,
            // Beside what is set aside the rings need as much as its largest part.
            shared: rings / 2,
            ahead: eighth,
            copies: eighth,
            least_decoding: memory / 32,
            looks: (2 * workers).min(256),
        };
        let options = within(self.pipeline.decode_options(), bounds.item);
        let devices = self.devices.iter();
        let devices =
            devices.map(|device| self.device(device, &config, &effective.engine, options));
        let devices = devices.collect::<Result<Vec<_>, StartError>>()?;
        let rings = self.rings(&effective, bounds.rings).effective::<Task>()?;
        let (submitter, completer) = rings::open_effective(rings);
        let ids = self.devices.iter().map(Device::id).collect();
        let order = effective.order.value;
        let board = Board::new(completer, ids, order, position.clone());
        tracing::info!("{effective}");
        let first = match order {
            Order::Kept => 0,
            Order::Unordered => u64::MAX,
        };
        let lanes = effective.engine.in_flight.value;
        let credits = devices.iter().map(|_| Credits::new(first, lanes));
        let core = Core::new(
            self.pipeline.clone(),
            options,
            credits.collect(),
            bounds,
            self.hooks.clone(),
            effective,
            (submitter, board),
        );
        let mut starting = Starting::new(Shared {
            core: Arc::new(core),
            devices,
        });
        match self.start_threads(&mut starting, workers, feed, position) {
            Ok(()) => Ok(starting.started()),
            Err(error) => {
                starting.never_read();
                Err(error.into())
            }
        }
    }

    fn device(
        &self,
        device: &Device,
        config: &EngineConfig,
        effective: &EffectiveConfig,
        options: DecodeOptions,
    ) -> Result<JobDevice, StartError> {
        let given = self.memories.iter();
        let given = given
            .rev()
            .find(|memory| memory.device().id() == device.id());
        let memory = given.cloned().unwrap_or_else(|| {
            let mut memory = MemoryConfig::default().with_mode(effective.allocator.value);
            if let limit @ ..usize::MAX = effective.memory_limit.value {
                memory = memory.with_limit(limit);
            }
            MemoryManager::new(device, memory)
        });
        let mut factory = EngineFactory::new(self.pipeline.clone(), &memory, config.clone())?;
        if let Some(bytes) = self.batching.bytes {
            factory = factory.with_batch_bytes(bytes);
        }
        if self.batching.equal_shapes {
            factory = factory.with_equal_shapes();
        }
        Ok(JobDevice {
            decoder: ImageDecoder::new(&memory, options),
            factory: ObservedEngines {
                factory,
                hooks: self.hooks.clone(),
            },
        })
    }

    /// Rings for some batches of the largest size, each item of which has a task for what it brings along, one for what its batch takes, and
    /// two for each input at most.
    fn rings(&self, effective: &EffectiveJob, memory: u64) -> RingConfig {
        let of_item = 2 + 2 * self.pipeline.inputs().len() as u64;
        let lanes = effective.engine.in_flight.value;
        let batches = (results(lanes) * self.devices.len()) as u64;
        let tasks = u64::from(effective.engine.max_batch.value) * of_item * batches;
        let window = tasks.next_power_of_two().clamp(1 << 10, 1 << 16);
        let age = effective.batch_age.value.0.unwrap_or(LOOK_AGAIN);
        RingConfig::new()
            .task_window(window)
            .consumed_window(window)
            // Each task has an edge to its batch, and one to the task before it.
            .edge_pool(4 * window)
            .arena(memory + OUTPUT_ALIGN)
            .arena_exported(OUTPUT_ALIGN)
            .export_slots(1)
            .stall_timeout(age.clamp(Duration::from_millis(1), LOOK_AGAIN))
    }

    fn start_threads(
        &self,
        starting: &mut Starting,
        workers: usize,
        feed: Feed,
        position: Position,
    ) -> io::Result<()> {
        starting.thread("batches", admit_items)?;
        for device in 0..self.devices.len() {
            starting.thread("device", move |shared| serve_device(shared, device))?;
        }
        for worker in 0..workers {
            match starting.thread("worker", work) {
                Err(error) if worker == 0 => return Err(error),
                Err(error) => {
                    tracing::warn!("{worker} of {workers} workers could be started: {error}");
                    break;
                }
                Ok(()) => {}
            }
        }
        // Last, so that a job that is not started reads nothing.
        let read = move |core: &Core| read_source(core, feed, &position);
        starting.reader("source", read)
    }
}

/// The options of a pipeline, for images within the bounds of a job.
fn within(options: &DecodeOptions, item: u64) -> DecodeOptions {
    let limits = options.limits;
    DecodeOptions {
        limits: Limits {
            max_bytes: limits.max_bytes.min(item),
            // What becomes of a file does not depend on its batch: the job bounds what is decoded at a time.
            max_batch_bytes: u64::MAX,
            ..limits
        },
        ..*options
    }
}
