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
mod steps;
mod streams;
pub(crate) mod submit;
pub(crate) mod watcher;

use crate::config::{ExecutionConfig, ExecutionStatistics};
use crate::error::PipelineError;
use crate::image::device::{DeviceImages, DeviceImagesMut};
use crate::inputs::Input;
use crate::lane::failures::FailureCallback;
use crate::lane::pixels::{DescribedImages, PixelBuffer};
use crate::lane::plans::PlanCache;
use crate::lane::run_inputs::RunInputs;
use crate::lane::staging::Staging;
use crate::lane::staging::tables::TableInputs;
use crate::lane::streams::LaneStreams;
use crate::lane::watcher::Watcher;
use crate::outputs::Output;
use crate::pipeline::Pipeline;
use crate::pipeline::node::OperatorPlans;
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use pixelflume_device::{Address, Device, Launch};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::Plan;
use pixelflume_scheduler::{ReplayStatistics, Schedule};
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
