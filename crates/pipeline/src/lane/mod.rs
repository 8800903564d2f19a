//! A lane: what executes one batch at a time.
//!
//! A lane has streams with a schedule, the bound plans that it can execute, staging memory and counters. A compiled pipeline
//! is a lane with one plan; a runner is a lane with plans for several shapes; an engine has several lanes. The first two
//! wait for a batch ([`Lane::execute`]) or give the caller what to wait for ([`Lane::submit`]); the engine submits a batch and
//! finishes it later.

mod checks;
mod enqueue;
mod execute;
pub(crate) mod failures;
pub(crate) mod handle;
pub(crate) mod in_flight;
pub(crate) mod pixels;
pub(crate) mod plans;
pub(crate) mod run_inputs;
mod select;
pub(crate) mod staging;
mod streams;
pub(crate) mod submit;
pub(crate) mod watcher;

use crate::config::{ExecutionConfig, ExecutionStatistics};
use crate::error::{PipelineError, leaves_work};
use crate::image::device::{DeviceImages, DeviceImagesMut};
use crate::image::tensor::DeviceTensor;
use crate::inputs::Input;
use crate::lane::failures::{FailureCallback, FinishedRun};
use crate::lane::in_flight::InFlight;
use crate::lane::pixels::{DescribedImages, PixelBuffer};
use crate::lane::plans::PlanCache;
use crate::lane::run_inputs::RunInputs;
use crate::lane::staging::tables::TableInputs;
use crate::lane::staging::{Chunk, CopiedFrames, Staging};
use crate::lane::streams::LaneStreams;
use crate::lane::watcher::Watcher;
use crate::outputs::Output;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{OperatorPlans, Source};
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use pixelflume_device::{Address, Device, Launch, Stream};
use pixelflume_memory::{MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::image::layout::Spaced;
use pixelflume_ops::{ImageBatch, Plan};
use pixelflume_scheduler::{ReplayStatistics, Schedule, SchedulerError};
use std::sync::Arc;

/// The most captured graphs that a lane with tables of descriptors keeps for one plan and batch size. Where more batches may be in
/// flight, a graph is patched for each run.
const MOST_GRAPHS: usize = 32;

/// An executor of bound plans of one topology, one batch behind the other.
pub(crate) struct Lane {
    /// The streams; dropped first, so that captured graphs are dropped before the memory that they
    /// were captured with.
    streams: LaneStreams,
    pub(crate) plans: PlanCache,
    pub(crate) staging: Staging,
    /// The pixels of images of several sizes, for one run after the other.
    pixels: PixelBuffer,
    /// Staging memory for inputs of batches that are in flight, by the number of the batch.
    in_flight_staging: Vec<Staging>,
    watcher: Arc<Watcher>,
    /// Whether batches were submitted since the last call that waited for all.
    has_submitted: bool,
    /// Whether the main stream may have work on the memory of the plans that no run comes behind: the last use by an earlier owner,
    /// copies of tables, copies for a run that was not submitted.
    has_own_work: bool,
    /// The inputs that are tables of descriptors, in the lane of a derived pipeline.
    tables: TableInputs,
    pub(crate) statistics: ExecutionStatistics,
    /// What is added to the count of the lane's batches to number them: the batches of other lanes of the same owner.
    pub(crate) first_batch: u64,
    pub(crate) on_failure: Option<FailureCallback>,
    /// The memory manager; dropped last, so that its statistics include the return of all memory of the lane.
    memory: MemoryManager,
}

impl Lane {
    /// A lane without a plan, for pipelines of this topology, which keeps at most `plans` plans.
    pub(crate) fn new(
        pipeline: &Pipeline,
        memory: &MemoryManager,
        config: &ExecutionConfig,
        plans: usize,
    ) -> Result<Self, PipelineError> {
        config.check()?;
        Ok(Lane {
            streams: LaneStreams::new(pipeline, memory.device(), config)?,
            plans: PlanCache::new(plans),
            staging: Staging::new(pipeline.inputs().len(), pipeline.outputs().len()),
            pixels: PixelBuffer::default(),
            in_flight_staging: Vec::new(),
            watcher: Arc::default(),
            has_submitted: false,
            has_own_work: false,
            tables: TableInputs::default(),
            statistics: ExecutionStatistics::default(),
            first_batch: 0,
            on_failure: None,
            memory: memory.clone(),
        })
    }

    /// The same lane, which had no run yet, for a derived pipeline: some of its inputs are tables of descriptors.
    pub(crate) fn with_tables(
        mut self,
        tables: TableInputs,
        config: &ExecutionConfig,
    ) -> Result<Self, PipelineError> {
        // Each batch in flight has tables at an address of its own, so that as many graphs take turns.
        if tables.count() > 0 && (3..=MOST_GRAPHS).contains(&config.in_flight) {
            let replay = config.replay().with_ring(config.in_flight);
            self.streams.set_replay(replay)?;
        }
        self.tables = tables;
        Ok(self)
    }

    pub(crate) fn device(&self) -> &Device {
        self.memory.device()
    }

    pub(crate) fn memory(&self) -> &MemoryManager {
        &self.memory
    }

    pub(crate) fn schedule(&self) -> &Schedule {
        self.streams.schedule()
    }

    /// Counts of direct executions, and of replays by kind.
    pub(crate) fn replay_statistics(&self) -> ReplayStatistics {
        self.streams.replay_statistics()
    }

    /// Records the next runs in `trace`; `None` stops recording.
    pub(crate) fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.streams.set_trace(trace);
    }

    /// The current plan: the one that was executed last, or is about to be.
    ///
    /// # Panics
    /// When the lane has no plan yet.
    pub(crate) fn current(&self) -> &BoundPlan {
        let plan = self.plans.current();
        plan.expect("a lane has a plan before it is asked for one")
    }

    /// Plans the nodes of a pipeline of the lane's topology, with these plans of their operators.
    pub(crate) fn plan(
        &self,
        pipeline: &Pipeline,
        operators: OperatorPlans,
        capacity: u32,
    ) -> Result<PipelinePlan, PipelineError> {
        let kind = self.device().kind();
        PipelinePlan::new(pipeline, operators, self.schedule(), capacity, kind)
    }

    /// Binds a plan to memory of the lane.
    pub(crate) fn bind(&self, plan: PipelinePlan) -> Result<BoundPlan, PipelineError> {
        BoundPlan::new(plan, &self.memory, self.streams.main())
    }

    /// Makes a new plan the current one. There is room for it.
    pub(crate) fn insert(&mut self, plan: BoundPlan) {
        self.plans.insert(plan);
        self.has_own_work = true;
        self.statistics.plans_compiled += 1;
    }

    /// Gives the current plan the operators of a pipeline of the same topology and shapes, where it can take them;
    /// returns whether it could.
    pub(crate) fn update(
        &mut self,
        pipeline: &Pipeline,
        plans: Vec<Arc<dyn Plan>>,
    ) -> Result<bool, PipelineError> {
        self.finish_all()?;
        let kind = self.device().kind();
        let Some(bound) = self.plans.current_mut() else {
            return Ok(false);
        };
        let Some(plan) = bound.plan().with_operators(pipeline, plans, kind) else {
            return Ok(false);
        };
        self.has_own_work = true;
        bound.update(plan, &self.memory, self.streams.main())?;
        self.statistics.plans_updated += 1;
        Ok(true)
    }

    /// Drops a plan that the lane has given out, after the batches in flight and the graphs that were captured of it.
    pub(crate) fn release(&mut self, plan: BoundPlan) {
        if let Err(error) = self.finish_all() {
            tracing::warn!(%error, "the memory of a plan is not used again before the device is idle");
            plan.mark_unordered();
        }
        self.streams.forget(&plan);
        drop(plan);
    }

    /// The launches of a batch in the caller's device memory, in an order in which one stream can run them.
    pub(crate) fn launches(
        &mut self,
        frames: usize,
        inputs: &[DeviceImages<'_>],
        outputs: &mut [DeviceImagesMut<'_>],
    ) -> Result<Vec<Launch>, PipelineError> {
        // The caller cannot order the launches behind the lane's own stream.
        if self.has_own_work {
            self.streams.main().synchronize()?;
            self.has_own_work = false;
        }
        let given: Vec<_> = inputs.iter().copied().map(Input::Device).collect();
        let mut places: Vec<_> = outputs
            .iter_mut()
            .map(|images| Output::Device(images.reborrow()))
            .collect();
        let (device, plan) = (self.memory.device(), self.plans.current_mut());
        let bound = plan.expect("a lane has a plan before it is asked for launches");
        let run_inputs = RunInputs::from(given.as_slice());
        let (pipeline, nodes) = (bound.plan().pipeline(), &bound.plan().shapes().nodes);
        let shape = |node: usize| nodes[node];
        checks::check(
            pipeline,
            &shape,
            device,
            run_inputs,
            frames,
            places.as_mut_slice(),
        )?;
        let capacity = bound.plan().capacity();
        let batch = u32::try_from(frames)
            .ok()
            .filter(|&batch| batch <= capacity)
            .ok_or(PipelineError::Setting {
                setting: "max_batch",
                got: capacity.into(),
                expected: "launches are for one batch, with as many frames as a batch may have at most",
            })?;
        let (_, launches) = bound.bind(
            batch,
            |input| Some(inputs[input].images(0..frames)),
            |output| Some(outputs[output].images(0..frames)),
        );
        Ok(launches.iter().flatten().cloned().collect())
    }

    /// Waits for all batches in flight.
    pub(crate) fn finish_all(&mut self) -> Result<(), PipelineError> {
        while self.finish_oldest()? {}
        self.has_submitted = false;
        Ok(())
    }

    /// Makes room for this many bytes of pixels, and gives the address. Where there is less, the batches in flight are waited for.
    pub(crate) fn reserve_pixels(
        &mut self,
        bytes: usize,
        described: DescribedImages<'_>,
    ) -> Result<Address, PipelineError> {
        if self.pixels.len() < bytes {
            self.finish_all()?;
            self.streams.check_idle()?;
            let main = self.streams.main();
            self.pixels.grow(bytes, &self.memory, main, described)?;
        }
        Ok(self.pixels.address())
    }

    /// Frees the staging memory, after the batches in flight that use it; returns whether there was any.
    pub(crate) fn clear_staging(&mut self) -> bool {
        if let Err(error) = self.finish_all() {
            tracing::debug!(%error, "staging memory of batches in flight is kept");
            return self.staging.clear();
        }
        let in_flight = self.in_flight_staging.drain(..);
        let cleared = in_flight.fold(false, |any, mut staging| any | staging.clear());
        self.staging.clear() | self.pixels.clear() | cleared
    }

    /// Finishes what is left, before the lane is dropped. Where that fails, memory of other owners is leaked; all other memory is
    /// reused in the order of streams.
    fn give_up(&mut self) {
        if let Err(error) = self.finish_all() {
            self.streams.leak_kept(&error);
        }
    }

    /// Waits for the oldest batch in flight; returns whether there was one.
    fn finish_oldest(&mut self) -> Result<bool, PipelineError> {
        let Some(finished) = self.streams.finish()? else {
            return Ok(false);
        };
        finished.report(self.on_failure.as_ref());
        self.statistics.node_launches += finished.executed_nodes() as u64;
        self.statistics.node_failures += finished.failed_nodes() as u64;
        Ok(true)
    }
}

/// The parts of an execution for an engine, which waits for none of them before the end.
impl Lane {
    /// Refuses to go on while a run may still use the lane's memory. Comes before the first copy to that memory.
    pub(crate) fn check_idle(&self) -> Result<(), PipelineError> {
        Ok(self.streams.check_idle()?)
    }

    /// The stream that orders all work on the memory of the plans.
    pub(crate) fn main_stream(&self) -> &Stream {
        self.streams.main()
    }

    /// Allocates the staging buffers of the inputs, for the largest batch of the current plan.
    pub(crate) fn allocate_inputs(&mut self) -> Result<(), PipelineError> {
        let plan = Arc::clone(self.current().shared_plan());
        (self.staging).allocate_inputs(&plan, &self.tables, &self.memory)
    }

    /// The bytes of a frame of an input in its staging buffer, or of its descriptor where the input is a table.
    pub(crate) fn frame_mut(
        &mut self,
        input: usize,
        frame: usize,
    ) -> Result<&mut [u8], MemoryError> {
        if let Some(table) = self.tables.table(input) {
            return self.staging.tables.bytes_mut(table, frame..frame + 1);
        }
        let bytes = self.current().plan().shapes().inputs[input].bytes();
        let memory = self.staging.input_mut(input).as_mut_slice()?;
        Ok(&mut memory[frame * bytes..(frame + 1) * bytes])
    }

    /// Starts to copy frames that were written to the staging buffer of an input, in the order of `stream`; tables that kernels read in
    /// place are not copied.
    pub(crate) fn upload(
        &mut self,
        index: usize,
        chunk: &Chunk,
        frames: CopiedFrames,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let plan = self.plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        match self.tables.table(index) {
            Some(table) => (self.staging).upload_table(plan, (index, table), chunk, stream),
            None => self.staging.upload(plan, index, chunk, frames, stream),
        }
    }

    /// Starts to copy an image without padding, which has the shape of an input, to the place of a frame of the plan, in the order of
    /// `stream`.
    pub(crate) fn copy_frame(
        &mut self,
        index: usize,
        chunk: &Chunk,
        frame: usize,
        image: &DeviceTensor,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let plan = self.plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let source = Source::Input(index);
        let bytes = plan.plan().shapes().of(source).bytes();
        let (buffer, offset) = plan.buffer_mut(source);
        let copied = image.copy_to(buffer, offset + frame * bytes, stream);
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }

    /// Submits a run of the current plan over its own memory.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(crate) fn run(&mut self, chunk: &Chunk) -> Result<(), PipelineError> {
        // SAFETY: no images are given for outputs.
        unsafe { self.run_with(chunk, |_| None) }
    }

    /// Submits a run of the current plan that writes its outputs into these frames of tensors, behind the present work of their
    /// home streams. The home streams are not ordered behind the run.
    ///
    /// # Safety
    /// Until the run is finished the tensors are kept, or marked as used by work that nothing orders, and nothing else uses their
    /// memory.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(crate) unsafe fn run_into(
        &mut self,
        chunk: &Chunk,
        outputs: &[DeviceTensor],
        places: Spaced,
    ) -> Result<(), PipelineError> {
        for tensor in outputs {
            tensor.order_before(self.streams.main())?;
        }
        let frames = 0..chunk.frames.len();
        let output = |index: usize| {
            let images = outputs[index].images().spaced(places);
            Some(images.images(frames.clone()))
        };
        // SAFETY: the caller promises it, and the tensors have memory of their own, which overlaps nothing.
        unsafe { self.run_with(chunk, output) }
    }

    /// Submits a run of the current plan. `output` gives the images for outputs that are not in the memory of the plan.
    ///
    /// # Safety
    /// For the memory that `output` gives the caller promises what [`Lane::run_into`] asks for, and that it overlaps nothing else.
    #[expect(unsafe_code, reason = "runs the plan")]
    unsafe fn run_with(
        &mut self,
        chunk: &Chunk,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<(), PipelineError> {
        let Lane {
            streams,
            plans,
            staging,
            tables,
            ..
        } = self;
        let plan = plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let (main, batch) = (streams.main().clone(), streams.unused());
        let input = |index| {
            let table = tables.table(index)?;
            staging.tables.in_place(table, chunk.frames.len())
        };
        // SAFETY: the memory of inputs is the plan's, which the lane keeps together with its streams and runs in no other; it is used
        // for copies in the order of the main stream, on which all runs of an engine's lane are. Tables that are read in place are
        // the lane's as well, and are written again or freed behind the run alone (`order_after`). The images that tables describe are
        // kept by the engine's lane until the run is finished, or not used again before the device is idle. For outputs the caller
        // promises it. Nothing but the lane uses its streams.
        let run = unsafe { streams.run(batch, plan, chunk, &main, None, input, output) };
        if run.as_ref().is_err_and(leaves_work) {
            staging.tables.mark_unordered();
        }
        run?;
        Ok(staging.tables.order_after(&main)?)
    }

    /// Starts to copy frames of an output to page-locked memory, where the batch begins at byte `at`, in the order of `stream`.
    pub(crate) fn download(
        &self,
        output: usize,
        chunk: &Chunk,
        frames: CopiedFrames,
        target: (&mut PinnedBuffer, usize),
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        staging::download(self.current(), output, chunk, frames, target, stream)
    }

    /// The run that was submitted last.
    ///
    /// # Panics
    /// When all are finished.
    pub(crate) fn newest(&self) -> Arc<InFlight> {
        let newest = self.streams.newest();
        Arc::clone(newest.expect("a run was submitted, and is not finished"))
    }

    /// Waits for the oldest runs in flight as long as there is no room for another one.
    pub(crate) fn make_way(&mut self) -> Result<(), PipelineError> {
        while let Err(error) = self.streams.check_idle() {
            match error {
                SchedulerError::RunInFlight { .. } => self.finish_oldest()?,
                error => return Err(error.into()),
            };
        }
        Ok(())
    }

    /// Waits for the run that was submitted last; `None` where there is none.
    pub(crate) fn finish(&mut self) -> Result<Option<FinishedRun<'_>>, PipelineError> {
        self.streams.finish()
    }
}
