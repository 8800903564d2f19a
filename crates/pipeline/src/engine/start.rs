//! Making an engine: its plan, its lanes, its task rings, its thread.

use super::batch::Task;
use super::completion;
use super::issue::DeviceSide;
use super::lane::{CopyStreams, EngineLane};
use super::layout::ResultLayout;
use super::place::DeviceResults;
use super::shared::Shared;
use super::state::State;
use super::trace::EngineTrace;
use super::{Engine, EngineConfig, EngineError};
use crate::error::PipelineError;
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
        let asked = config;
        let config = asked.effective()?;
        pipeline.check_uniform()?;
        let inferred = pipeline.infer(shapes)?;
        let nodes = pipeline.output_nodes().iter();
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
        let operators = pipeline.plan_operators(shapes)?;
        for _ in 0..lanes {
            let other = state.free_lanes.first().map(|lane| &**lane);
            let lane = EngineLane::new(&pipeline, &operators, memory, &execution, other)?;
            state.statistics.device_bytes += lane.device_bytes();
            state.statistics.pinned_bytes += lane.pinned_bytes();
            state.free_lanes.push(Box::new(lane));
        }
        let first = state.free_lanes.first();
        let schedule = first.map(|lane| lane.schedule().clone());
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
                    results.prepare(&pipeline, &inferred.nodes, (frames, frames), memory)?;
                    state.spare_results.push_back(results);
                }
                None
            }
            false => {
                let arena =
                    PinnedArena::new(memory, arena).map_err(|source| PipelineError::Memory {
                        owner: pipeline.owner(Source::Node(pipeline.output_nodes()[0])),
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
        let (submitter, completer) = rings::open_effective::<Task>(sizes);
        let shared = Arc::new(Shared {
            input_names: pipeline.inputs().map(str::to_owned).collect(),
            input_shapes: shapes.to_vec(),
            output_names: pipeline.outputs().map(str::to_owned).collect(),
            output_shapes,
            layout,
            config,
            device: Mutex::new(DeviceSide { completer, copies }),
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
            pipeline,
            memory: memory.clone(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("pixelflume-engine".to_owned())
            .spawn(move || completion::run(&of_thread))
            .map_err(EngineError::Thread)?;
        Ok(Engine {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }
}
