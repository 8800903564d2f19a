//! A warm engine allocates nothing for a batch: not on the heap, by no thread, and not by the driver. For images of any sizes that
//! holds also where no size was seen before.

mod each_worker;

use each_worker::EachWorker;
use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_memory::MemoryStatistics;
use pixelflume_ops::{ImageShape, Resize};
use pixelflume_pipeline::engine::{Engine, EngineConfig};
use pixelflume_pipeline::{Image, OutputLease, Pipeline, PipelineBuilder};
use pixelflume_scheduler::ExecutionMode;
use std::alloc::System;
use std::sync::{Arc, Condvar, Mutex};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Batches before the counting begins.
const WARM_UP: u64 = 500;
/// Batches that are counted, all of them: an allocation in every 1,200th is one too many.
const BATCHES: u64 = 4000;

/// Calls of the driver, bytes in use and reserved bytes.
fn pools(statistics: MemoryStatistics) -> [(u64, usize, usize); 2] {
    [statistics.device, statistics.pinned]
        .map(|pool| (pool.driver_calls, pool.in_use, pool.reserved))
}

/// Keeps the engine full: submits until it pushes back, then takes the oldest result. Holds the last lease all the time.
fn stream(engine: &Engine, batches: u64, images: [&Image; 2], held: &mut Option<OutputLease>) {
    let mut left = batches;
    while left > 0 {
        let submitted = match left % 2 {
            0 => engine.try_submit(&images),
            _ => engine.try_begin_batch().and_then(|mut writer| {
                for frame in 0..2 {
                    writer.frame_mut(0, frame).unwrap().fill(left as u8);
                }
                writer.submit()
            }),
        };
        match submitted {
            Ok(_) => left -= 1,
            Err(_) => *held = Some(engine.next_submitted().unwrap().unwrap()),
        }
    }
}

/// A kernel that returns when the gate is opened. Waiting allocates nothing, on no thread.
#[derive(Default)]
struct Gate {
    /// Whether the kernel runs, and whether the gate is open.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        self.changed.notify_all();
        while !state.1 {
            state = self.changed.wait(state).unwrap();
        }
        Ok(())
    }
}

/// Holds later work of a stream until the gate is opened; returns when the kernel runs.
#[expect(unsafe_code, reason = "launches a kernel")]
fn closed(stream: &Stream) -> Arc<Gate> {
    let gate = Arc::new(Gate::default());
    let launch = Launch::host(gate.clone(), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    let mut state = gate.state.lock().unwrap();
    while !state.0 {
        state = gate.changed.wait(state).unwrap();
    }
    drop(state);
    gate
}

impl Gate {
    fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// Fills and submits batches of images of sizes that were never seen before. What is counted is beginning, filling and submitting:
/// the kernel of the host device makes the plans of the images' sizes when it runs, which is held back meanwhile.
fn batches_of_new_sizes(execution: ExecutionMode) {
    const WARM_UP: u32 = 20;
    const BATCHES: u32 = 300;
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
    let mut builder = PipelineBuilder::new("small");
    let input = builder.input("input").unwrap();
    builder
        .then(input, "small", Resize::new(12, 10).unwrap())
        .unwrap();
    let config = EngineConfig::new()
        .execution(execution)
        .max_batch(4)
        .in_flight(1)
        .output_buffers(1)
        .mixed_bytes(1 << 20)
        .device_outputs(true);
    let example = ImageShape::u8(64, 48, 3);
    let engine = Engine::mixed(builder.build().unwrap(), &device, &[example], config).unwrap();
    let memory = engine.memory().clone();
    let consumer = device.stream().unwrap();
    let largest = vec![7; 400 * 200 * 3];
    let side = |number: u32, most: u32| 9 + number % (most - 9);
    let run = |batch: u32| {
        // The run waits for the consumer of the place of its results.
        let gate = closed(&consumer);
        if batch > 0 {
            let lease = engine.next().unwrap().unwrap();
            lease.tensors()[0].order_after(&consumer).unwrap();
        }
        let (heap, ()) = counted(|| {
            let mut writer = engine.begin_batch().unwrap();
            for frame in 0..4 {
                let shape = ImageShape::u8(
                    side(batch * 7 + frame, 400),
                    side(batch * 5 + frame * 3, 200),
                    3,
                );
                let place = writer.frame_mut_of(0, frame as usize, shape).unwrap();
                place.copy_from_slice(&largest[..shape.bytes()]);
            }
            writer.submit().unwrap();
        });
        gate.open();
        heap
    };
    let first: u64 = (0..WARM_UP).map(run).sum();
    assert!(first > 0, "{execution}: nothing is counted");
    let before = pools(memory.statistics());
    let heap: u64 = (WARM_UP..WARM_UP + BATCHES).map(run).sum();
    assert_eq!(
        heap, 0,
        "{execution}: allocations in {BATCHES} batches of new sizes"
    );
    assert_eq!(pools(memory.statistics()), before, "{execution}");
    let lease = engine.next().unwrap().unwrap();
    assert_eq!(lease.frames(), 4);
    assert_eq!(engine.statistics().completed, u64::from(WARM_UP + BATCHES));
}

fn main() {
    for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
        batches_of_new_sizes(execution);
    }
    // Without the test harness, whose main thread allocates when a test has run for a minute.
    let text = include_str!("../../../examples/pipelines/fork_join.toml");
    let shape = ImageShape::u8(24, 18, 3);
    let images = [1, 2].map(|seed| {
        Image::from_fn(24, 18, 3, |x, y, c| {
            (x * 7 + y * 31 + c * 50 + seed * 13) as u8
        })
        .unwrap()
    });
    use ExecutionMode::{Direct, Replay};
    for (execution, device_outputs) in [
        (Direct, false),
        (Replay, false),
        (Direct, true),
        (Replay, true),
    ] {
        let case = format!("{execution}, results on the device: {device_outputs}");
        let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
        let pipeline = Pipeline::from_toml(text, "fork_join.toml").unwrap();
        let config = EngineConfig::new()
            .execution(execution)
            .max_batch(2)
            .device_outputs(device_outputs);
        let engine = Engine::new(pipeline, &device, &[shape], config).unwrap();
        engine.on_failure(|failure| panic!("{failure}"));
        let memory = engine.memory().clone();
        let mut held = None;
        let frames = [&images[0], &images[1]];
        stream(&engine, WARM_UP, frames, &mut held);
        EachWorker::new(&device).alone(|| stream(&engine, WARM_UP, frames, &mut held));
        while let Some(result) = engine.next_submitted() {
            held = Some(result.unwrap());
        }
        let before = pools(memory.statistics());
        let (heap, ()) = counted(|| stream(&engine, BATCHES, frames, &mut held));
        assert_eq!(heap, 0, "{case}: allocations in {BATCHES} batches");
        while let Some(result) = engine.next_submitted() {
            held = Some(result.unwrap());
        }
        assert_eq!(pools(memory.statistics()), before, "{case}");
        // That it counts at all is shown by what allocates.
        let name = engine.pipeline().outputs().next().unwrap();
        let images = || held.as_ref().unwrap().to_images(name).unwrap().len();
        let (heap, images) = counted(images);
        assert_eq!(images, 2);
        assert!(heap > 0);
        drop(held);
        assert!(engine.statistics().leases_high_water >= 1);
        drop(engine);
        assert_eq!(memory.shutdown().unwrap(), []);
    }
}
