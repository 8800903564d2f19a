//! A warm engine allocates nothing for a batch: not on the heap, by no thread, and not by the driver.

mod each_worker;

use each_worker::EachWorker;
use pixelflume_device::{Device, HostConfig};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_memory::MemoryStatistics;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{Engine, EngineConfig};
use pixelflume_pipeline::{Image, OutputLease, Pipeline};
use pixelflume_scheduler::ExecutionMode;
use std::alloc::System;

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

fn main() {
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
