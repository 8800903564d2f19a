//! A pipeline made ready for one set of shapes on one device: everything that an execution needs and that stays.

use crate::arena::ArenaPlan;
use crate::constants::Constants;
use crate::fusion::Fusion;
use crate::node::{Shapes, Source};
use crate::pipeline::Pipeline;
use crate::{PipelineError, RunnerStatistics};
use pixelflume_device::{Access, Address, Device, Launch, MAX_ACCESSES, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryManager, Workspace};
use pixelflume_ops::{Binding, Code, ImageBatch, Plan};
use pixelflume_scheduler::{Executor, RunKey, Schedule, SchedulerError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shapes, operator plans, memory, and the complete launches of every node, by index of the node.
pub(crate) struct Compiled {
    /// Tells it from other plans of the process; never reused.
    serial: u64,
    pipeline: Pipeline,
    shapes: Shapes,
    /// Of the nodes by themselves.
    plans: Vec<Arc<dyn Plan>>,
    fusion: Fusion,
    /// What launches are called in traces. They stay, as the nodes that are fused do.
    labels: pixelflume_scheduler::TaskLabels,
    /// What each node launches; `None` inside of fused runs.
    tasks: Vec<Option<Arc<dyn Plan>>>,
    codes: Vec<Vec<Code>>,
    capacity: u32,
    launches: Vec<Vec<Launch>>,
    /// Stands for the launches as they are now, in the whole process.
    revision: u64,
    /// What the launches are for: the images of the inputs, then of the nodes. Empty where they are for nothing.
    bound: Vec<ImageBatch>,
    /// Kept, so that binding allocates nothing.
    next: Vec<ImageBatch>,
    inputs: Vec<ImageBatch>,
    /// By node: which output of the pipeline it is.
    output_of: Vec<Option<usize>>,
    arena: ArenaPlan,
    memory: DeviceBuffer,
    constants: Constants,
    workspace: Workspace,
    /// After the memory, so that the manager's last handle goes last, and misses nothing.
    _manager: MemoryManager,
}

impl Compiled {
    /// Compiles `pipeline` with these shapes and plans of its nodes, for runs by `schedule` that are ordered on `stream`.
    pub(crate) fn new(
        pipeline: &Pipeline,
        (shapes, plans): (Shapes, Vec<Arc<dyn Plan>>),
        schedule: &Schedule,
        memory: &MemoryManager,
        stream: &Stream,
        capacity: u32,
    ) -> Result<Self, PipelineError> {
        let device = memory.device();
        let fusion = Fusion::new(pipeline, &plans, device.kind());
        let arena = ArenaPlan::fused(pipeline, &shapes, schedule, capacity, &fusion)?;
        let tasks = fusion.tasks(&plans);
        let codes = tasks.iter().map(|task| code(task.as_ref(), device));
        let codes = codes.collect::<Result<Vec<_>, _>>()?;
        let images = memory.allocate(arena.bytes(), stream).map_err(|source| {
            let largest = arena.largest();
            PipelineError::Memory {
                owner: pipeline.owner(largest),
                purpose: format!(
                    "batches of {capacity} image(s) of {} ({} bytes for the whole pipeline)",
                    shapes.of(largest),
                    arena.bytes(),
                ),
                source,
            }
        })?;
        let workspace = workspace(pipeline, &tasks, memory, stream, capacity)?;
        let constants = Constants::upload(pipeline, &tasks, memory, stream)?;
        let mut output_of = vec![None; plans.len()];
        for (output, &node) in pipeline.output_nodes().iter().enumerate() {
            output_of[node] = Some(output);
        }
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ok(Compiled {
            serial: NEXT.fetch_add(1, Ordering::Relaxed),
            launches: plans.iter().map(|_| Vec::new()).collect(),
            revision: 0,
            pipeline: pipeline.clone(),
            shapes,
            plans,
            labels: fusion.labels(pipeline),
            fusion,
            tasks,
            codes,
            capacity,
            bound: Vec::new(),
            next: Vec::new(),
            inputs: Vec::new(),
            output_of,
            arena,
            memory: images,
            constants,
            workspace,
            _manager: memory.clone(),
        })
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    pub(crate) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    pub(crate) fn fusion(&self) -> &Fusion {
        &self.fusion
    }

    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    pub(crate) fn arena(&self) -> &ArenaPlan {
        &self.arena
    }

    /// The piece of memory, and where in it a source's images lie.
    pub(crate) fn buffer(&self, source: Source) -> (&DeviceBuffer, usize) {
        (&self.memory, self.arena.of(source).offset)
    }

    /// As [`Compiled::buffer`], to be written.
    pub(crate) fn buffer_mut(&mut self, source: Source) -> (&mut DeviceBuffer, usize) {
        (&mut self.memory, self.arena.of(source).offset)
    }

    /// Launches of one execution, once they were made.
    pub(crate) fn launch_count(&self) -> usize {
        self.launches.iter().map(Vec::len).sum()
    }

    /// What tells runs of this plan, with batches of this size, from all others; of the launches that [`Compiled::bind`]
    /// gave last.
    fn key(&self, batch: u32) -> RunKey {
        RunKey {
            dimensions: self.dimensions(batch),
            recapture: self
                .tasks
                .iter()
                .flatten()
                .any(|plan| plan.needs_recapture()),
            revision: self.revision,
        }
    }

    /// The number of this plan with batches of this size, which no other has.
    pub(crate) fn dimensions(&self, batch: u32) -> u64 {
        (self.serial << 32) | u64::from(batch)
    }

    /// Takes over the operators of `pipeline`, which has the same topology and, with these plans of its nodes, the same
    /// shapes; whether it could. It cannot where other nodes are fused now, which takes another arena, and stays as it was,
    /// as it does after an error.
    pub(crate) fn update(
        &mut self,
        pipeline: &Pipeline,
        plans: Vec<Arc<dyn Plan>>,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<bool, PipelineError> {
        let kept = |index: usize| {
            let (new, old) = (&pipeline.nodes()[index], &self.pipeline.nodes()[index]);
            new.operator.is_same(&old.operator)
        };
        // A node whose operator stays keeps its plan, and with it its code, so that its launches do not change.
        let plans: Vec<_> = plans
            .into_iter()
            .enumerate()
            .map(|(index, plan)| match kept(index) {
                true => Arc::clone(&self.plans[index]),
                false => plan,
            })
            .collect();
        let fusion = Fusion::new(pipeline, &plans, memory.device().kind());
        if !fusion.is_alike(&self.fusion) {
            return Ok(false);
        }
        let mut tasks = fusion.tasks(&plans);
        let mut codes = Vec::with_capacity(tasks.len());
        for (index, task) in tasks.iter_mut().enumerate() {
            // So does a run, all of whose operators stay.
            codes.push(if fusion.members(&index).iter().all(|&node| kept(node)) {
                task.clone_from(&self.tasks[index]);
                self.codes[index].clone()
            } else {
                code(task.as_ref(), memory.device())?
            });
        }
        let constants = Constants::upload(pipeline, &tasks, memory, stream)?;
        let workspace = workspace(pipeline, &tasks, memory, stream, self.capacity)?;
        self.bound.clear();
        (self.constants, self.workspace) = (constants, workspace);
        (self.plans, self.fusion) = (plans, fusion);
        (self.tasks, self.codes) = (tasks, codes);
        self.pipeline = pipeline.clone();
        Ok(true)
    }

    /// Makes the launches for a batch of `batch` images, with the inputs and outputs (by their index in the pipeline) in
    /// the caller's memory where there is some. Only what has changed since the last call is made anew. The key goes with them.
    pub(crate) fn bind(
        &mut self,
        batch: u32,
        input: impl Fn(usize) -> Option<ImageBatch>,
        mut output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> (RunKey, &[Vec<Launch>]) {
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        for source in self.arena.sources() {
            let elsewhere = match source {
                Source::Input(index) => input(index),
                Source::Node(index) => self.output_of[index].and_then(&mut output),
            };
            next.push(elsewhere.unwrap_or_else(|| {
                let base = self.memory.address().offset(self.arena.of(source).offset);
                ImageBatch::tight(self.shapes.of(source), batch, base)
            }));
        }
        // Empty until all nodes are bound, so that a panic of an operator leaves no half of them for the next run.
        let mut bound = std::mem::take(&mut self.bound);
        if bound != next {
            self.revision = next_revision();
            let inputs = self.shapes.inputs.len();
            let changed = |source: Source| {
                let index = match source {
                    Source::Input(index) => index,
                    Source::Node(index) => inputs + index,
                };
                bound.get(index) != next.get(index)
            };
            for index in 0..self.plans.len() {
                let Some(sources) = self.fusion.sources(&self.pipeline, index) else {
                    continue;
                };
                if changed(Source::Node(index)) || sources.iter().any(|&source| changed(source)) {
                    self.bind_node(index, &next);
                }
            }
        }
        std::mem::swap(&mut bound, &mut next);
        (self.bound, self.next) = (bound, next);
        (self.key(batch), &self.launches)
    }

    /// Submits a run: binds as [`Compiled::bind`] does, and gives the launches to the executor, whose main stream is the one
    /// that the plan was made for. After an error that may leave a part of the run on the device ([`leaves_work`]) the memory
    /// of the plan is not used again before the device has come to rest.
    ///
    /// # Safety
    /// Until the executor has finished the run, or its streams were synchronised: the plan is kept and not run again, and the
    /// memory that `input` and `output` give is valid, on the device of the plan, with nothing writing to the inputs, and
    /// nothing reading or writing the outputs, unless it is ordered before or after the run on the main stream. No output
    /// overlaps an input or another output. Until the call returns nobody else uses the executor's streams.
    #[expect(unsafe_code, reason = "puts launches into streams")]
    pub(crate) unsafe fn run(
        &mut self,
        executor: &mut Executor,
        schedule: &Schedule,
        batch: u32,
        input: impl Fn(usize) -> Option<ImageBatch>,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<(), SchedulerError> {
        executor.label_next_run(&self.labels);
        let (key, launches) = self.bind(batch, input, output);
        // SAFETY: the launches are those of operators' plans, which vouch that they touch nothing but the memory of their
        // bindings (`Plan`). That is the caller's, who promised the rest, and the plan's own: the arena, where two images
        // share memory only if the schedule orders whoever touches them (`ArenaPlan`), the tables, which nobody writes after
        // their upload, which is ordered on the main stream, and a part of the workspace for each node. All of it is kept by
        // the plan, and its other uses are copies that are ordered on the main stream; after an error it is not used again
        // before the device has come to rest. The executor's streams are used by whoever calls this alone. The revision in the key is another one whenever a launch has changed (`bind`),
        // and no other plan has it.
        let run = unsafe { executor.run_keyed(schedule, launches, key) };
        if run.as_ref().is_err_and(leaves_work) {
            self.memory.mark_unordered();
            self.constants.mark_unordered();
            self.workspace.mark_unordered();
        }
        run.map(|_| ())
    }

    fn bind_node(&mut self, index: usize, images: &[ImageBatch]) {
        let first_node = self.shapes.inputs.len();
        let sources = self.fusion.sources(&self.pipeline, index);
        let (Some(sources), Some(task)) = (sources, &self.tasks[index]) else {
            return;
        };
        self.inputs.clear();
        self.inputs
            .extend(sources.iter().map(|source| match source {
                Source::Input(input) => images[*input],
                Source::Node(node) => images[first_node + node],
            }));
        let binding = Binding {
            inputs: &self.inputs,
            output: images[first_node + index],
            tables: self.constants.address(index),
            workspace: self.workspace.address(index),
        };
        let launches = &mut self.launches[index];
        launches.clear();
        task.bind(&self.codes[index], &binding, launches);
        declare_accesses(launches, &binding, self.workspace.bytes_of(index));
    }

    /// Counts a run of a batch in which so many nodes were skipped.
    pub(crate) fn count(&self, statistics: &mut RunnerStatistics, frames: usize, skipped: usize) {
        statistics.batches += 1;
        statistics.frames += frames as u64;
        statistics.node_launches += (self.plans.len() - skipped) as u64;
    }
}

/// A number that no launches of the process had before.
fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Declares what the launches of a node touch, for the checked host device. Each is declared to touch all of it.
fn declare_accesses(launches: &mut [Launch], binding: &Binding<'_>, workspace_bytes: usize) {
    let mut accesses = [Access::read(Address::NULL, 0); MAX_ACCESSES];
    let inputs = binding
        .inputs
        .iter()
        .map(|input| Access::read(input.base, input.span_bytes()));
    let output = Access::write(binding.output.base, binding.output.span_bytes());
    let workspace = Access::write(binding.workspace, workspace_bytes);
    // Writes first: an operator of so many inputs that not all can be declared is checked for the rest.
    let all = [output, workspace].into_iter().chain(inputs);
    let count = accesses
        .iter_mut()
        .zip(all)
        .map(|(place, access)| *place = access)
        .count();
    for launch in launches {
        launch.set_accesses(&accesses[..count]);
    }
}

/// Whether a run that ended like this may have put work into streams which nothing orders before what comes next.
pub(crate) fn leaves_work(error: &SchedulerError) -> bool {
    matches!(
        error,
        SchedulerError::Unordered { .. } | SchedulerError::DeviceLost { .. }
    )
}

/// The code of a task; none for a node without.
fn code(task: Option<&Arc<dyn Plan>>, device: &Device) -> Result<Vec<Code>, PipelineError> {
    match task {
        Some(plan) => Ok(Arc::clone(plan).code(device)?),
        None => Ok(Vec::new()),
    }
}

/// The scratch memory of all nodes.
fn workspace(
    pipeline: &Pipeline,
    tasks: &[Option<Arc<dyn Plan>>],
    memory: &MemoryManager,
    stream: &Stream,
    capacity: u32,
) -> Result<Workspace, PipelineError> {
    let bytes = |plan: &Arc<dyn Plan>| plan.workspace_bytes(memory.device(), capacity);
    let bytes: Vec<usize> = tasks
        .iter()
        .map(|task| task.as_ref().map_or(0, bytes))
        .collect();
    Workspace::new(memory, stream, bytes.iter().copied()).map_err(|source| {
        let largest = (0..bytes.len()).max_by_key(|&index| bytes[index]);
        let node = largest.expect("a pipeline has nodes");
        PipelineError::Memory {
            owner: pipeline.owner(Source::Node(node)),
            purpose: format!("{} bytes of scratch memory for each batch", bytes[node]),
            source,
        }
    })
}
