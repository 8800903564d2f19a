//! In the steady state a submission of images of sizes that were never seen before allocates nothing: not on the heap, by no
//! thread, and not by the driver; and no plan is compiled.
//!
//! What is counted is the submission. The kernel of the host device makes the plans of the images' sizes when it runs, which is
//! held back meanwhile.

use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_memory::AllocatorMode;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::{
    BatchLayout, DeviceImagesMut, ExecutionConfig, ImageView, Input, Output, Pipeline, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Submissions that are counted.
const SUBMISSIONS: u32 = 200;
/// Submissions before, until all that is kept has been made.
const WARM_UP: u32 = 40;

/// Two chains of one input, and a node behind one of them.
const PIPELINE: &str = "
[[node]]
name = \"small\"
op = \"resize\"
from = \"input\"
width = 20
height = 14

[[node]]
name = \"tensor\"
op = \"normalize\"
from = \"small\"
mean = 0.5
std = 0.25
layout = \"planar\"

[[node]]
name = \"corner\"
op = \"crop\"
from = \"input\"
x = 1
y = 2
width = 8
height = 6

[[node]]
name = \"behind\"
op = \"abs_diff\"
from = [\"corner\", \"corner\"]
";

/// A kernel that returns when the gate is open. It allocates nothing.
struct Closed(Arc<AtomicBool>);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Closed {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        while !self.0.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        Ok(())
    }
}

/// Holds later work of a stream until the gate is opened.
#[expect(unsafe_code, reason = "launches a kernel")]
fn close(stream: &Stream) -> Arc<AtomicBool> {
    let gate = Arc::new(AtomicBool::new(false));
    let launch = Launch::host(Arc::new(Closed(Arc::clone(&gate))), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    gate
}

/// The first batches, which have the largest images: as many as may be in flight, each of which has staging memory of its own.
const LARGEST: u32 = 4;

/// Sizes of one batch, of which no two batches behind the first ones have the same.
fn shapes(batch: u32, count: usize, most: u32) -> Vec<ImageShape> {
    let side = |number: u32| match batch {
        ..LARGEST => most - number % 2,
        _ => 9 + number % (most - 10),
    };
    (0..count as u32)
        .map(|image| ImageShape::u8(side(batch * 7 + image), side(batch * 5 + image * 3), 3))
        .collect()
}

fn main() {
    for allocator in AllocatorMode::ALL {
        for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
            // One piece; pieces that several threads pack; a table that several threads fill.
            for (count, most) in [(6, 60), (24, 300), (150, 40)] {
                let name = format!("{count} images of up to {most}, {allocator}, {execution}");
                submissions(&name, count, most, allocator, execution);
            }
        }
    }
    println!("submissions of new sizes allocate nothing");
}

fn submissions(
    name: &str,
    count: usize,
    most: u32,
    allocator: AllocatorMode,
    execution: ExecutionMode,
) {
    // A checked device is made for tests, and allocates.
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
    let config = ExecutionConfig::default()
        .with_allocator(allocator)
        .with_execution(execution)
        .with_copy_threads(2)
        .with_max_batch(256);
    let pipeline = Pipeline::from_toml(PIPELINE, "mixed.toml").unwrap();
    let mut runner = Runner::new(pipeline, &device, config).unwrap();
    let memory = runner.memory().clone();
    let on = device.stream().unwrap();
    let bytes: Vec<Vec<u8>> = (0..count)
        .map(|image| vec![image as u8; (most * most * 3) as usize])
        .collect();
    let outputs = ["tensor", "behind"].map(|name| {
        let node = runner.pipeline().find(name).unwrap();
        let shapes = runner
            .pipeline()
            .infer(&[ImageShape::u8(most, most, 3)])
            .unwrap();
        BatchLayout::tight(shapes.nodes[node], count)
    });
    let mut buffers = outputs.map(|layout| memory.allocate(layout.end().unwrap(), &on).unwrap());
    let mut submit = |batch: u32| {
        let shapes = shapes(batch, count, most);
        let views: Vec<ImageView<'_>> = shapes
            .iter()
            .zip(&bytes)
            .map(|(&shape, bytes)| ImageView::new(shape, shape.row_bytes(), bytes).unwrap())
            .collect();
        let [tensor, behind] = &mut buffers;
        let mut places = [
            Output::Device(DeviceImagesMut::new(outputs[0], tensor).unwrap()),
            Output::Device(DeviceImagesMut::new(outputs[1], behind).unwrap()),
        ];
        on.synchronize().unwrap();
        // Work of the batch is behind the gate, so that all that is counted is the submission.
        let gate = close(&on);
        let (heap, pending) = counted(|| {
            runner
                .submit(&[Input::Views(&views)], &mut places, &on)
                .unwrap()
        });
        gate.store(true, Ordering::Release);
        assert!(pending.wait().unwrap().is_success(), "{name}");
        heap
    };
    let first: u64 = (0..WARM_UP).map(&mut submit).sum();
    assert!(first > 0, "{name}: nothing is counted");
    let pools = || {
        let statistics = memory.statistics();
        [statistics.device, statistics.pinned]
            .map(|pool| (pool.driver_calls, pool.requests, pool.in_use))
    };
    let before = pools();
    let heap: u64 = (WARM_UP..WARM_UP + SUBMISSIONS).map(&mut submit).sum();
    assert_eq!(pools(), before, "{name}: the driver and the pools");
    assert_eq!(heap, 0, "{name}: {heap} allocations");
    assert_eq!(runner.statistics().plans_compiled, 1, "{name}");
}
