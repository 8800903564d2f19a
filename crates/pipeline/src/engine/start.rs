//! Making an engine: its plan, its lanes, its task rings, its thread.

use super::batch::Work;
use super::completion;
use super::given::{GivenImages, MOST_SETS};
use super::issue::DeviceSide;
use super::lane::grouped::UniformFrames;
use super::lane::{CopyStreams, EngineLane, LanePlan};
use super::layout::ResultLayout;
use super::mixed::MixedInputs;
use super::place::DeviceResults;
use super::shared::Shared;
use super::state::State;
use super::trace::EngineTrace;
use super::{Engine, EngineConfig, EngineError};
#[cfg(feature = "codec")]
use crate::decoding::ImageDecoder;
use crate::error::PipelineError;
use crate::mixed::groups::groups;
use crate::mixed::values::BatchParameters;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::Device;
use pixelflume_device::sync::{Condvar, Mutex};
use pixelflume_memory::{MemoryManager, PinnedArena};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::rings;
use std::collections::VecDeque;
use std::sync::Arc;

/// Streams for results on the device. Results that share one are reused behind the consumers of both.
const MAX_HOMES: usize = 32;

impl Engine {
    /// Makes an engine with memory of its own, for frames of these shapes: one per input, in the order of
    /// [`Pipeline::inputs`]. All memory is allocated here.
    ///
    /// Where the effect of a node differs from image to image, a batch is executed in groups of images to which all nodes do the same,
    /// as a [`Runner`](crate::Runner) does it; [`Engine::mixed`] executes a chain of such nodes in one launch.
    ///
    /// # Errors
    /// A setting is out of range, a node cannot take its input, or there is not enough memory.
    pub fn new(
        pipeline: Pipeline,
        device: &Device,
        shapes: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let memory = config.effective()?.execution_config().memory();
        let memory = MemoryManager::new(device, memory);
        Engine::with_memory(pipeline, &memory, shapes, config)
    }

    /// Makes an engine on the device of `memory`, which is shared with others; the settings of memory in `config` are not used.
    ///
    /// # Errors
    /// The same as for [`Engine::new`].
    pub fn with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        shapes: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        start(pipeline, Inputs::Uniform(None), memory, shapes, config)
    }

    /// Makes an engine as [`Engine::with_memory`] does, of a pipeline with nodes that need values of each image, for example a flip
    /// that is given for each. `values` are those of one image, the example. [`BatchWriter::give`](super::BatchWriter::give) gives
    /// those of the others.
    ///
    /// # Errors
    /// The same as for [`Engine::new`], or the values are not for one image of this pipeline.
    pub fn with_values(
        pipeline: Pipeline,
        memory: &MemoryManager,
        shapes: &[ImageShape],
        values: &BatchParameters<'_>,
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        values.check(&pipeline, 1)?;
        let inputs = Inputs::Uniform(Some(values));
        start(pipeline, inputs, memory, shapes, config)
    }

    /// Makes an engine for images of any width and height, with memory of its own. `examples` has the shape of one image for each
    /// input, in the order of [`Pipeline::inputs`]: the others have its channels, sample type and layout. All memory is allocated
    /// here; [`EngineConfig::mixed_bytes`] bounds the pixels of a batch.
    ///
    /// The pipeline has to make images of one shape of them, through chains of operators that this kind of device computes for a
    /// mixed batch in one launch (a crop, a resize or a letterbox with what is done to colors and samples). An input that no such
    /// chain reads, for example a second image to blend with, keeps the shape of its example.
    ///
    /// ```
    /// use pixelflume_device::Device;
    /// use pixelflume_ops::{ImageShape, Resize};
    /// use pixelflume_pipeline::engine::{Engine, EngineConfig};
    /// use pixelflume_pipeline::{Image, PipelineBuilder};
    ///
    /// let mut builder = PipelineBuilder::new("thumbnails");
    /// let input = builder.input("input")?;
    /// builder.then(input, "small", Resize::new(8, 8)?)?;
    /// let example = ImageShape::u8(64, 48, 3);
    /// let config = EngineConfig::new().max_batch(2).mixed_bytes(1 << 20);
    /// let engine = Engine::mixed(builder.build()?, &Device::host(), &[example], config)?;
    ///
    /// let mut batch = engine.begin_batch()?;
    /// batch.push(&Image::from_fn(31, 17, 3, |x, _, _| x as u8)?)?;
    /// let shape = ImageShape::u8(9, 100, 3);
    /// batch.frame_mut_of(0, 1, shape)?.fill(7); // in place
    /// batch.submit()?;
    /// let lease = engine.next().unwrap()?;
    /// assert_eq!(lease.get("small").unwrap().frame(1).unwrap(), [7; 8 * 8 * 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EngineError::NotMixed`] with the reason where the pipeline has no plan for images of any sizes on this kind of device; an
    /// [`EngineCache`](super::EngineCache) makes an engine for each shape then. Otherwise the same as for [`Engine::new`].
    pub fn mixed(
        pipeline: Pipeline,
        device: &Device,
        examples: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let memory = config.effective()?.execution_config().memory();
        let memory = MemoryManager::new(device, memory);
        Engine::mixed_with_memory(pipeline, &memory, examples, config)
    }

    /// Makes an engine for images of any width and height on the device of `memory`, which is shared with others; the settings of
    /// memory in `config` are not used.
    ///
    /// # Errors
    /// The same as for [`Engine::mixed`].
    pub fn mixed_with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        examples: &[ImageShape],
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let mixed = MixedInputs::new(&pipeline, examples, None, memory.device())?;
        let inputs = Inputs::Mixed(Arc::new(mixed));
        start(pipeline, inputs, memory, examples, config)
    }

    /// Makes an engine as [`Engine::mixed_with_memory`] does, of a pipeline with nodes that need values of each image, for example a
    /// crop to boxes that are given. `values` are those of one image, the example. [`BatchWriter::give`](super::BatchWriter::give)
    /// gives those of the others.
    ///
    /// # Errors
    /// The same as for [`Engine::mixed`], or the values are not for one image of this pipeline.
    pub fn mixed_with_values(
        pipeline: Pipeline,
        memory: &MemoryManager,
        examples: &[ImageShape],
        values: &BatchParameters<'_>,
        config: EngineConfig,
    ) -> Result<Self, EngineError> {
        let mixed = MixedInputs::new(&pipeline, examples, Some(values), memory.device())?;
        let inputs = Inputs::Mixed(Arc::new(mixed));
        start(pipeline, inputs, memory, examples, config)
    }
}

/// The images that an engine takes.
#[derive(Clone, Debug)]
pub(super) enum Inputs<'a> {
    /// Those of one set of shapes. Nodes may need values of each image, of which these are an example.
    Uniform(Option<&'a BatchParameters<'a>>),
    /// Those of any sizes.
    Mixed(Arc<MixedInputs>),
}

/// Makes an engine.
pub(super) fn start(
    pipeline: Pipeline,
    inputs: Inputs<'_>,
    memory: &MemoryManager,
    shapes: &[ImageShape],
    config: EngineConfig,
) -> Result<Engine, EngineError> {
    let asked = config;
    let config = asked.effective()?;
    // What is executed, and the shapes of its inputs.
    let (mixed, executed) = match inputs {
        Inputs::Mixed(mixed) => (Some(Arc::clone(&mixed)), mixed.plan.pipeline.clone()),
        Inputs::Uniform(values) => (None, for_example(&pipeline, shapes, values)?),
    };
    let executed = &executed;
    let executed_shapes = match &mixed {
        Some(mixed) => mixed.shapes.as_slice(),
        None => shapes,
    };
    let operators = executed.plan_operators(executed_shapes)?;
    let inferred = &operators.shapes;
    let nodes = executed.output_nodes().iter();
    let output_shapes: Vec<_> = nodes.map(|&node| inferred.nodes[node]).collect();
    let layout = ResultLayout::new(&output_shapes, config.max_batch.value);
    let sizes = asked.effective_rings(&config, layout.bytes)?;
    let execution = config.execution_config();
    let lanes = config.in_flight.value;
    // Small enough to be allocated at once, and large enough for the steady state of any engine.
    let outputs = (sizes.export_slots.value as usize).min(4096);
    let mut state = State {
        free_lanes: Vec::with_capacity(lanes),
        in_flight: VecDeque::with_capacity(lanes),
        ready: VecDeque::with_capacity(outputs),
        open: Vec::with_capacity(lanes),
        leases: Vec::with_capacity(outputs),
        ..State::default()
    };
    let copies = CopyStreams {
        upload: memory.device().stream().map_err(PipelineError::from)?,
        download: memory.device().stream().map_err(PipelineError::from)?,
    };
    let fixed: Vec<_> = match &mixed {
        Some(mixed) => mixed.originals(),
        None => (0..shapes.len()).map(Some).collect(),
    };
    let lane_plan = LanePlan {
        pipeline: executed,
        operators: &operators,
        original: &pipeline,
        sources: mixed.as_ref().map_or(&[], |mixed| &mixed.plan.sources),
        room: mixed.is_some().then_some(config.mixed_bytes.value),
        fixed: &fixed,
    };
    for _ in 0..lanes {
        let other = state.free_lanes.first().map(|lane| &**lane);
        let lane = EngineLane::new(&lane_plan, memory, &execution, other)?;
        state.statistics.device_bytes += lane.device_bytes();
        state.statistics.pinned_bytes += lane.pinned_bytes();
        state.free_lanes.push(Box::new(lane));
    }
    let first = state.free_lanes.first();
    let schedule = first.map(|lane| lane.schedule().clone());
    #[cfg(feature = "codec")]
    let copies_tensors = first.is_some_and(|lane| lane.copies_tensors());
    let schedule = schedule.expect("an engine has at least one lane");
    let arena = usize::try_from(sizes.arena.value).unwrap_or(usize::MAX);
    let mut homes = Vec::new();
    let arena = match config.device_outputs {
        true => {
            state.statistics.device_bytes += arena;
            let most = (arena / layout.bytes).clamp(1, outputs);
            for _ in 0..most.min(MAX_HOMES) {
                homes.push(memory.device().stream().map_err(PipelineError::from)?);
            }
            // Until all can be in use at once.
            state.spare_results.reserve(most);
            let frames = config.max_batch.value as usize;
            for home in homes.iter().cycle().take(most) {
                let mut results = DeviceResults::new(home.clone());
                results.prepare(executed, &inferred.nodes, (frames, frames), memory)?;
                state.spare_results.push_back(results);
            }
            None
        }
        false => {
            let arena =
                PinnedArena::new(memory, arena).map_err(|source| PipelineError::Memory {
                    owner: executed.owner(Source::Node(executed.output_nodes()[0])),
                    purpose: "results in page-locked memory".to_owned(),
                    source,
                })?;
            state.statistics.pinned_bytes += arena.len();
            Some(arena)
        }
    };
    let (device_bytes, pinned_bytes) =
        (state.statistics.device_bytes, state.statistics.pinned_bytes);
    let device_outputs = config.device_outputs;
    tracing::info!(
        "{config} {sizes} device_outputs={device_outputs} device_bytes={device_bytes} pinned_bytes={pinned_bytes}"
    );
    let (submitter, completer) = rings::open_effective::<Work>(sizes);
    let next_index = config.first_index;
    let shared = Arc::new(Shared {
        input_names: pipeline.inputs().map(str::to_owned).collect(),
        input_shapes: shapes.to_vec(),
        mixed,
        output_names: pipeline.outputs().map(str::to_owned).collect(),
        output_shapes,
        layout,
        config,
        device: Mutex::new(DeviceSide {
            completer,
            copies,
            next_index,
        }),
        state: Mutex::new(state),
        results: Condvar::new(),
        work: Condvar::new(),
        idle: Condvar::new(),
        submitter,
        trace: EngineTrace::default(),
        on_failure: Mutex::new(None),
        arena,
        homes,
        schedule,
        #[cfg(feature = "codec")]
        copies_tensors,
        pipeline,
        memory: memory.clone(),
    });
    let of_thread = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name("pixelflume-engine".to_owned())
        .spawn(move || completion::run(&of_thread))
        .map_err(EngineError::Thread)?;
    Ok(Engine {
        #[cfg(feature = "codec")]
        decoder: ImageDecoder::new(memory, *shared.pipeline.decode_options()),
        shared,
        thread: Mutex::new(Some(thread)),
    })
}

/// The pipeline with the operators for one image of each shape, the first of the data set.
pub(super) fn for_example(
    pipeline: &Pipeline,
    shapes: &[ImageShape],
    values: Option<&BatchParameters<'_>>,
) -> Result<Pipeline, PipelineError> {
    pipeline.check_input_count(shapes.len())?;
    if !pipeline.is_per_image() {
        return Ok(pipeline.clone());
    }
    let given = GivenImages::example(values).map_err(|_| PipelineError::ImageValues {
        reason: format!("values for more than {MOST_SETS} parameters were given for an image"),
    })?;
    let example = UniformFrames {
        pipeline,
        shapes,
        frames: 1,
        given: &given,
    };
    let mut groups = groups(&example, |_| None)?;
    Ok(groups.swap_remove(0).pipeline)
}
