//! What a lane gives back, and in which order: captured graphs before the memory that they were captured with, and all memory
//! before the memory manager.
#![expect(unsafe_code, reason = "runs kernels")]

use crate::support::noise;
use pixelflume_device::sync::Mutex;
use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{Binding, Code, ImageShape, Operator, OperatorError, Plan};
use pixelflume_pipeline::{ExecutionConfig, Pipeline, PipelineBuilder, Runner};
use pixelflume_scheduler::ExecutionMode;
use std::fmt;
use std::sync::Arc;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// An operator whose kernels tell, when the last holder drops one, how much device memory is in use. A bound plan holds its
/// kernel and drops it before its memory; a captured graph holds the kernel as well.
#[derive(Clone)]
struct Telling {
    memory: MemoryManager,
    /// The bytes in use at the end of each kernel.
    told: Arc<Mutex<Vec<usize>>>,
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telling")
    }
}

impl Operator for Telling {
    fn kind(&self) -> &'static str {
        "telling"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(TellingPlan(self.clone(), inputs[0])))
    }
}

#[derive(Debug)]
struct TellingPlan(Telling, ImageShape);

// SAFETY: the kernel touches no memory.
unsafe impl Plan for TellingPlan {
    fn output(&self) -> ImageShape {
        self.1
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Host(Arc::new(TellingKernel(self.0.clone())))])
    }

    fn bind(&self, code: &[Code], _: &Binding<'_>, launches: &mut Vec<Launch>) {
        let Code::Host(kernel) = &code[0] else {
            unreachable!("made for the host above");
        };
        launches.push(Launch::host(Arc::clone(kernel), Args::EMPTY));
    }
}

struct TellingKernel(Telling);

impl HostKernel for TellingKernel {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

impl Drop for TellingKernel {
    fn drop(&mut self) {
        let in_use = self.0.memory.statistics().device.in_use;
        self.0.told.lock().push(in_use);
    }
}

fn pipeline(operator: impl Operator + 'static) -> Pipeline {
    let mut builder = PipelineBuilder::new("order");
    let input = builder.input("input").unwrap();
    builder.then(input, "node", operator).unwrap();
    builder.build().unwrap()
}

/// A runner for one plan, which has run often enough that it has captured a graph of it.
fn captured(told: &Telling) -> Runner {
    let config = ExecutionConfig::default()
        .with_execution(ExecutionMode::Replay)
        .with_plan_cache(1);
    let mut runner = Runner::with_memory(pipeline(told.clone()), &told.memory, config).unwrap();
    let image = noise(40, 30, 1, 1);
    while runner.replay_statistics().replayed == 0 {
        runner.run(&[&image]).unwrap();
        assert!(runner.statistics().batches < 20, "no graph is replayed");
    }
    // No worker holds the kernel any more.
    runner.device().synchronize().unwrap();
    runner
}

fn telling() -> Telling {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let told = Arc::default();
    Telling { memory, told }
}

#[test]
fn a_lane_drops_its_graphs_before_the_memory_of_its_plans() {
    let telling = telling();
    let runner = captured(&telling);
    let in_use = telling.memory.statistics().device.in_use;
    assert!(in_use > 0 && telling.told.lock().is_empty());
    drop(runner);
    assert_eq!(*telling.told.lock(), [in_use]);
    assert_eq!(telling.memory.statistics().device.in_use, 0);
}

/// A graph that nobody could launch any more would take host memory until others need its place.
#[test]
fn a_plan_that_makes_room_goes_with_its_graphs_and_they_go_first() {
    let telling = telling();
    let mut runner = captured(&telling);
    let in_use = telling.memory.statistics().device.in_use;
    runner.run(&[&noise(8, 6, 1, 1)]).unwrap();
    assert_eq!(runner.statistics().plans_evicted, 1);
    assert_eq!(*telling.told.lock(), [in_use]);
}

/// Counts what is told in the log of this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.0.lock().push(format!("{event:?}"));
    }
}

/// A memory manager that ends before its memory has come back warns of a leak.
#[test]
fn a_lane_drops_its_memory_manager_last() {
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        let leaky = MemoryManager::new(&Device::host(), MemoryConfig::default());
        let stream = leaky.device().stream().unwrap();
        let buffer = leaky.allocate(100, &stream).unwrap();
        drop(leaky);
        assert_eq!(warnings.0.lock().drain(..).count(), 1, "it is told");
        drop(buffer);

        let text = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";
        let pipeline = Pipeline::from_toml(text, "edges.toml").unwrap();
        for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
            let config = ExecutionConfig::default().with_execution(execution);
            let mut runner =
                Runner::new(pipeline.clone(), &Device::host(), config.clone()).unwrap();
            let image = noise(40, 30, 3, 1);
            for _ in 0..4 {
                runner.run(&[&image]).unwrap();
            }
            drop(runner);
            let shape = ImageShape::u8(40, 30, 3);
            let compiled = pipeline.compile(&Device::host(), &[shape], config).unwrap();
            drop(compiled);
        }
    });
    assert!(warnings.0.lock().is_empty(), "{:?}", *warnings.0.lock());
}
