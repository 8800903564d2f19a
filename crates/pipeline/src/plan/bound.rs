//! A pipeline plan with its memory, code and launches on a device.

use crate::error::{PipelineError, leaves_work};
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::tables::Tables;
use pixelflume_device::{Access, Address, Device, DeviceError, Launch, MAX_ACCESSES, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryManager, Workspace};
use pixelflume_ops::{Binding, Code, ImageBatch, Plan};
use pixelflume_scheduler::{Executor, RunHandle, RunKey, Schedule, SchedulerError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A [`PipelinePlan`] with all that an execution on one device needs: the arena, tables, scratch memory, code, and the
/// complete launches of every node.
pub(crate) struct BoundPlan {
    /// The number of this plan among all plans of the process; never reused.
    serial: u64,
    plan: Arc<PipelinePlan>,
    /// The names of launches in traces. A change of parameters keeps them, as it keeps the fused chains.
    labels: pixelflume_scheduler::TaskLabels,
    /// For each node, the code of the plan that it launches.
    codes: Vec<Vec<Code>>,
    /// The launches of each node.
    launches: Vec<Vec<Launch>>,
    /// The number of the present launches, unique in the process.
    revision: u64,
    /// The images that the launches were made for: those of the inputs, then those of the nodes. Empty where the launches
    /// have to be made anew.
    bound: Vec<ImageBatch>,
    /// A list for the images of the next batch; it is kept, so that binding allocates nothing.
    next: Vec<ImageBatch>,
    inputs: Vec<ImageBatch>,
    /// For each node, the index of the pipeline's output that it is.
    output_of: Vec<Option<usize>>,
    /// The memory behind the addresses in the inputs, where there are such.
    described: Option<Access>,
    memory: DeviceBuffer,
    tables: Tables,
    workspace: Workspace,
}

impl BoundPlan {
    /// Allocates the memory of a plan, ordered on `stream`, and resolves its code on the device of `memory`. The caller
    /// keeps a handle of `memory` for longer than the plan, so that the manager's statistics see all of it come back.
    pub(crate) fn new(
        plan: PipelinePlan,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<Self, PipelineError> {
        let (pipeline, arena) = (plan.pipeline(), plan.arena());
        let codes = plan.launched().iter();
        let codes = codes.map(|launched| code(launched.as_ref(), memory.device()));
        let codes = codes.collect::<Result<Vec<_>, _>>()?;
        let images = memory.allocate(arena.bytes(), stream).map_err(|source| {
            let largest = arena.largest();
            PipelineError::Memory {
                owner: pipeline.owner(largest),
                purpose: format!(
                    "batches of {} image(s) of {} ({} bytes for the whole pipeline)",
                    plan.capacity(),
                    plan.shapes().of(largest),
                    arena.bytes(),
                ),
                source,
            }
        })?;
        let workspace = workspace(&plan, memory, stream)?;
        let tables = Tables::upload(&plan, memory, stream)?;
        let nodes = pipeline.nodes().len();
        let mut output_of = vec![None; nodes];
        for (output, &node) in pipeline.output_nodes().iter().enumerate() {
            output_of[node] = Some(output);
        }
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ok(BoundPlan {
            serial: NEXT.fetch_add(1, Ordering::Relaxed),
            labels: plan.fusion().labels(pipeline),
            codes,
            launches: vec![Vec::new(); nodes],
            revision: 0,
            bound: Vec::new(),
            next: Vec::new(),
            inputs: Vec::new(),
            output_of,
            described: None,
            memory: images,
            tables,
            workspace,
            plan: Arc::new(plan),
        })
    }

    pub(crate) fn plan(&self) -> &PipelinePlan {
        &self.plan
    }

    /// The plan, for those who need it after a change of parameters has replaced it.
    pub(crate) fn shared_plan(&self) -> &Arc<PipelinePlan> {
        &self.plan
    }

    /// The arena, and the offset of the images of a source in it, in bytes.
    pub(crate) fn buffer(&self, source: Source) -> (&DeviceBuffer, usize) {
        (&self.memory, self.plan.arena().of(source).offset)
    }

    /// The arena like [`BoundPlan::buffer`], for writing.
    pub(crate) fn buffer_mut(&mut self, source: Source) -> (&mut DeviceBuffer, usize) {
        (&mut self.memory, self.plan.arena().of(source).offset)
    }

    /// Notes the memory that launches of nodes with inputs of the pipeline read through addresses in these, for the checked host
    /// device.
    pub(crate) fn set_described(&mut self, described: Option<Access>) {
        if self.described != described {
            self.described = described;
            self.bound.clear();
        }
    }

    /// Orders later work of `stream` behind the present work on the memory of the plan in the stream that it was made for.
    pub(crate) fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        // The other buffers have the same home stream.
        self.memory.order_before(stream)
    }

    /// The number of launches of the last batch; 0 before the first.
    pub(crate) fn launch_count(&self) -> usize {
        self.launches.iter().map(Vec::len).sum()
    }

    /// The replay key of a batch of this size, with the launches that the last [`BoundPlan::bind`]
    /// made.
    fn key(&self, batch: u32) -> RunKey {
        let mut launched = self.plan.launched().iter().flatten();
        RunKey {
            dimensions: self.dimensions(batch),
            recapture: launched.any(|plan| plan.needs_recapture()),
            revision: self.revision,
        }
    }

    /// A number that stands for this plan with batches of this size, unique in the process.
    pub(crate) fn dimensions(&self, batch: u32) -> u64 {
        (self.serial << 32) | u64::from(batch)
    }

    /// Takes over a plan that [`PipelinePlan::with_operators`] made of this one, and keeps the memory of images. After an
    /// error the plan is as it was.
    pub(crate) fn update(
        &mut self,
        plan: PipelinePlan,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let mut codes = Vec::with_capacity(self.codes.len());
        let pairs = plan.launched().iter().zip(self.plan.launched());
        for (index, (new, old)) in pairs.enumerate() {
            let stays = match (new, old) {
                (Some(new), Some(old)) => Arc::ptr_eq(new, old),
                _ => false,
            };
            codes.push(match stays {
                true => self.codes[index].clone(),
                false => code(new.as_ref(), memory.device())?,
            });
        }
        let tables = Tables::upload(&plan, memory, stream)?;
        let workspace = workspace(&plan, memory, stream)?;
        self.bound.clear();
        (self.tables, self.workspace) = (tables, workspace);
        (self.plan, self.codes) = (Arc::new(plan), codes);
        Ok(())
    }

    /// Makes the launches for a batch of `batch` frames. `input` and `output` give the images of the caller, by the index of
    /// the input or output in the pipeline; where they give none, the images are in the arena. Only launches whose images have
    /// changed since the last call are made anew. The replay key belongs to these launches.
    pub(crate) fn bind(
        &mut self,
        batch: u32,
        input: impl Fn(usize) -> Option<ImageBatch>,
        mut output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> (RunKey, &[Vec<Launch>]) {
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        let (arena, shapes) = (self.plan.arena(), self.plan.shapes());
        for source in arena.sources() {
            let elsewhere = match source {
                Source::Input(index) => input(index),
                Source::Node(index) => self.output_of[index].and_then(&mut output),
            };
            next.push(elsewhere.unwrap_or_else(|| {
                let base = self.memory.address().offset(arena.of(source).offset);
                ImageBatch::tight(shapes.of(source), batch, base)
            }));
        }
        // Empty until all nodes are bound, so that a panic of an operator leaves no half of them for the next run.
        let mut bound = std::mem::take(&mut self.bound);
        if bound != next {
            self.revision = next_revision();
            let inputs = shapes.inputs.len();
            let changed = |source: &Source| {
                let index = match *source {
                    Source::Input(index) => index,
                    Source::Node(index) => inputs + index,
                };
                bound.get(index) != next.get(index)
            };
            for index in 0..self.launches.len() {
                let (fusion, pipeline) = (self.plan.fusion(), self.plan.pipeline());
                let Some(sources) = fusion.sources(pipeline, index) else {
                    continue;
                };
                if changed(&Source::Node(index)) || sources.iter().any(changed) {
                    self.bind_node(index, &next);
                }
            }
        }
        std::mem::swap(&mut bound, &mut next);
        (self.bound, self.next) = (bound, next);
        (self.key(batch), &self.launches)
    }

    /// Submits a run with `main` as its main stream: binds as [`BoundPlan::bind`] does, and gives the launches to the executor,
    /// of which the plan has its memory in order. After an error that may leave a part of the run on the device
    /// ([`leaves_work`]) the memory of the plan is not used again before the device has come to rest.
    ///
    /// # Safety
    /// Until the run is complete: the plan is kept, is run by this executor alone, and its memory is used for other work only
    /// in the order of the executor's runs; and the memory that `input` and `output` give is valid, on the device of the plan,
    /// with nothing writing to the inputs, and nothing reading or writing the outputs, unless it is ordered before or after the
    /// run on `main`. No output overlaps an input or another output. Until the call returns nothing else uses the executor's
    /// own streams.
    #[expect(unsafe_code, reason = "puts launches into streams")]
    pub(crate) unsafe fn run(
        &mut self,
        executor: &mut Executor,
        schedule: &Schedule,
        main: &Stream,
        batch: u32,
        input: impl Fn(usize) -> Option<ImageBatch>,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<RunHandle, SchedulerError> {
        executor.label_next_run(&self.labels);
        let (key, launches) = self.bind(batch, input, output);
        // SAFETY: the launches are those of operator plans, which promise that they touch nothing but the memory of their
        // bindings (`Plan`). That memory is the caller's, who promised the rest, and the plan's own: the arena, where two
        // images share memory only if the schedule orders all launches that touch them (`ArenaPlan`), the tables, which
        // nothing writes after their upload, which comes before all runs, and a part of the workspace for each node. All of it
        // is kept by the plan, and its other uses are runs of this executor, which come one behind the other, and copies that
        // the caller orders with them; after an error it is not used again before the device has come to rest. Only the caller uses the executor's streams. The revision in
        // the key is another one whenever a launch has changed (`bind`), and no other plan has it.
        let run = unsafe { executor.run_on(main, schedule, launches, key) };
        if run.as_ref().is_err_and(leaves_work) {
            self.mark_unordered();
        }
        run
    }

    /// Marks the memory of the plan as used by work that nothing orders.
    pub(crate) fn mark_unordered(&self) {
        self.memory.mark_unordered();
        self.tables.mark_unordered();
        self.workspace.mark_unordered();
    }

    fn bind_node(&mut self, index: usize, images: &[ImageBatch]) {
        let plan = &self.plan;
        let first_node = plan.shapes().inputs.len();
        let sources = plan.fusion().sources(plan.pipeline(), index);
        let (Some(sources), Some(launched)) = (sources, &plan.launched()[index]) else {
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
            tables: self.tables.address(index),
            workspace: self.workspace.address(index),
        };
        let launches = &mut self.launches[index];
        launches.clear();
        launched.bind(&self.codes[index], &binding, launches);
        let reads_input = sources
            .iter()
            .any(|source| matches!(source, Source::Input(_)));
        let described = self.described.filter(|_| reads_input);
        declare_accesses(
            launches,
            &binding,
            self.workspace.bytes_of(index),
            described,
        );
    }
}

/// A new number of launches, unique in the process.
fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Declares the memory that the launches of a node touch, for the checked host device: each one all of it.
fn declare_accesses(
    launches: &mut [Launch],
    binding: &Binding<'_>,
    workspace_bytes: usize,
    described: Option<Access>,
) {
    let mut accesses = [Access::read(Address::NULL, 0); MAX_ACCESSES];
    let inputs = binding
        .inputs
        .iter()
        .map(|input| Access::read(input.base, input.span_bytes()));
    let output = Access::write(binding.output.base, binding.output.span_bytes());
    let workspace = Access::write(binding.workspace, workspace_bytes);
    // Writes first: of an operator with too many inputs some reads are not declared, and are not checked.
    let all = [output, workspace]
        .into_iter()
        .chain(described)
        .chain(inputs);
    let count = accesses
        .iter_mut()
        .zip(all)
        .map(|(place, access)| *place = access)
        .count();
    for launch in launches {
        launch.set_accesses(&accesses[..count]);
    }
}

/// The code of the plan that a node launches; none for a node without launches.
fn code(launched: Option<&Arc<dyn Plan>>, device: &Device) -> Result<Vec<Code>, PipelineError> {
    match launched {
        Some(plan) => Ok(Arc::clone(plan).code(device)?),
        None => Ok(Vec::new()),
    }
}

/// The scratch memory of all nodes.
fn workspace(
    plan: &PipelinePlan,
    memory: &MemoryManager,
    stream: &Stream,
) -> Result<Workspace, PipelineError> {
    let capacity = plan.capacity();
    let bytes = |plan: &Arc<dyn Plan>| plan.workspace_bytes(memory.device(), capacity);
    let launched = plan.launched().iter();
    let bytes: Vec<usize> = launched
        .map(|launched| launched.as_ref().map_or(0, bytes))
        .collect();
    Workspace::new(memory, stream, bytes.iter().copied()).map_err(|source| {
        let largest = (0..bytes.len()).max_by_key(|&index| bytes[index]);
        let node = largest.expect("a pipeline has nodes");
        PipelineError::Memory {
            owner: plan.pipeline().owner(Source::Node(node)),
            purpose: format!("{} bytes of scratch memory for each batch", bytes[node]),
            source,
        }
    })
}
