//! From the third execution on nothing is allocated: not on the heap, by no thread, and not by the driver. A plan that
//! replays captures the third, and allocates nothing from then on.

mod each_worker;

use each_worker::EachWorker;
use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_memory::{AllocatorMode, MemoryStatistics};
use pixelflume_pipeline::{
    BatchLayout, BatchOutputs, BatchView, BatchViewMut, DeviceImages, DeviceImagesMut,
    ExecutionConfig, Image, Input, Output, Pipeline, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::alloc::System;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Executions that are counted, all of them: an allocation in every 1,200th is one too many.
const EXECUTIONS: usize = 1500;
/// The same for large batches, which have many pieces each.
const LARGE_EXECUTIONS: usize = 100;

fn pipeline() -> Pipeline {
    let text = include_str!("../../../examples/pipelines/fork_join.toml");
    Pipeline::from_toml(text, "fork_join.toml").unwrap()
}

/// One fused launch.
fn chain() -> Pipeline {
    let text = include_str!("../../../examples/pipelines/edges.toml");
    Pipeline::from_toml(text, "edges.toml").unwrap()
}

fn flip() -> Pipeline {
    let text = "[[node]]\nname = \"flip\"\nop = \"flip\"\nfrom = \"input\"\n";
    Pipeline::from_toml(text, "flip.toml").unwrap()
}

/// An image of 810 KB.
fn large() -> Image {
    Image::from_fn(600, 450, 3, |x, y, c| (x + y * 31 + c * 50) as u8).unwrap()
}

fn image(seed: u32) -> Image {
    Image::from_fn(24, 18, 3, |x, y, c| {
        (x * 7 + y * 31 + c * 50 + seed * 13) as u8
    })
    .unwrap()
}

/// What executing again and again costs after `warm_up` executions: calls of the driver, requests to the pools, and calls
/// of the heap.
fn count(
    name: &str,
    (workers, warm_up): (&EachWorker, usize),
    execute: impl FnMut(),
    memory: impl Fn() -> MemoryStatistics,
    allocates: bool,
) {
    let warm = (workers, warm_up);
    count_some(name, warm, EXECUTIONS, execute, memory, allocates);
}

/// The same for this many executions.
fn count_some(
    name: &str,
    (workers, warm_up): (&EachWorker, usize),
    executions: usize,
    mut execute: impl FnMut(),
    memory: impl Fn() -> MemoryStatistics,
    allocates: bool,
) {
    let pools = |statistics: MemoryStatistics| {
        [statistics.device, statistics.pinned]
            .map(|pool| (pool.driver_calls, pool.requests, pool.in_use))
    };
    execute();
    execute();
    let before = pools(memory());
    (2..warm_up).for_each(|_| execute());
    workers.alone(&mut execute);
    let (heap, ()) = counted(|| (0..executions).for_each(|_| execute()));
    assert_eq!(pools(memory()), before, "{name}: the driver and the pools");
    // That it counts at all is shown by what allocates.
    assert_eq!(heap > 0, allocates, "{name}: {heap} allocations");
}

/// A kernel that returns when the sender is dropped.
struct Closed(Mutex<Receiver<()>>);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Closed {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let _ = self.0.lock().map(|gate| gate.recv());
        Ok(())
    }
}

/// Holds later work of a stream until the sender is dropped.
#[expect(unsafe_code, reason = "launches a kernel")]
fn closed(stream: &Stream) -> Sender<()> {
    let (gate, wait) = channel();
    let launch = Launch::host(Arc::new(Closed(Mutex::new(wait))), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    gate
}

fn main() {
    // Without the test harness, whose main thread allocates when a test has run for a minute.
    let images = [image(1), image(2), image(3)];
    let frames: Vec<&Image> = images.iter().collect();
    for allocator in AllocatorMode::ALL {
        for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
            // A checked device is made for tests, and allocates.
            let device =
                Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
            let config = ExecutionConfig::default()
                .with_allocator(allocator)
                .with_execution(execution);
            let name = |what: &str| format!("{what}, {allocator}, {execution}");
            let shape = images[0].shape();
            // Direct: the first two. Replay: two runs of each shape, the capture, and the first launches of the graph.
            let warm_up = match execution {
                ExecutionMode::Direct => 2,
                ExecutionMode::Replay => 5,
            };
            let workers = EachWorker::new(&device);
            let warm = (&workers, warm_up);

            // A compiled plan, images to images.
            let mut plan = pipeline()
                .compile(&device, &[shape], config.clone())
                .unwrap();
            assert_eq!(plan.memory().effective_mode().mode, allocator);
            let memory = plan.memory().clone();
            let [mut a, mut b, mut c] = [vec![], vec![], vec![]];
            count(
                &name("images"),
                warm,
                || {
                    let outputs = &mut [&mut a, &mut b, &mut c].map(Output::Images);
                    let execution = plan.execute(&[Input::Images(&frames)], outputs).unwrap();
                    assert!(execution.is_success());
                },
                || memory.statistics(),
                false,
            );
            assert!(plan.statistics().batches > EXECUTIONS as u64);

            // The same plan, submitted on a stream of the caller, from two buffers in turn, with results that are given away:
            // three batches in flight at a time. All are waited for, since only one of the workers is there while `count` warms up.
            let on = device.stream().unwrap();
            let tight = BatchLayout::tight(shape, 2);
            let sources = [0, 1].map(|_| memory.allocate(tight.end().unwrap(), &on).unwrap());
            let mut submit = |gate: Option<Sender<()>>| {
                let batches = [0, 1, 0].map(|source: usize| {
                    let images = DeviceImages::new(tight, &sources[source]).unwrap();
                    let mut tensor = None;
                    let outputs = &mut [
                        Output::Tensor(&mut tensor),
                        Output::Discard,
                        Output::Discard,
                    ];
                    let pending = plan.submit(&[Input::Device(images)], outputs, &on).unwrap();
                    (pending, tensor.unwrap())
                });
                drop(gate);
                for (pending, tensor) in batches {
                    assert!(pending.wait().unwrap().is_success());
                    drop(tensor);
                }
                // The driver's pool gets memory back when the stream comes to it.
                on.synchronize().unwrap();
            };
            // Until the ring of graphs, and what runs in flight keep of them, have been made; and the queues of streams are as
            // long as they can become, behind a stream that goes on when all is submitted.
            (0..20).for_each(|_| submit(Some(closed(&on))));
            count(
                &name("submitted"),
                warm,
                || submit(None),
                || {
                    // Each tensor is a request to the pool, which has its memory; or to the driver's pool, by a call.
                    let mut statistics = memory.statistics();
                    statistics.device.requests = 0;
                    if allocator == AllocatorMode::StreamOrdered {
                        statistics.device.driver_calls = 0;
                    }
                    statistics
                },
                false,
            );
            drop(sources);

            // The same plan, slices with padding to a slice, and to device memory and nowhere.
            let padded = BatchLayout::tight(shape, 2).with_row_pitch(100);
            let bytes = vec![9; padded.end().unwrap()];
            let out = BatchLayout::tight(plan.shapes().nodes[0], 2).with_row_pitch(33);
            let mut room = vec![0; out.end().unwrap()];
            let stream = device.stream().unwrap();
            let mut buffer = memory.allocate(out.end().unwrap(), &stream).unwrap();
            count(
                &name("slices and device memory"),
                warm,
                || {
                    let batch = BatchView::new(padded, &bytes).unwrap();
                    let outputs = &mut [
                        Output::Batch(BatchViewMut::new(out, &mut room).unwrap()),
                        Output::Device(DeviceImagesMut::new(out, &mut buffer).unwrap()),
                        Output::Discard,
                    ];
                    let execution = plan.execute(&[Input::Batch(batch)], outputs).unwrap();
                    assert!(execution.is_success());
                },
                || memory.statistics(),
                false,
            );
            drop(plan);
            drop(buffer);
            assert_eq!(memory.shutdown().unwrap(), []);

            // A plan whose nodes are one launch.
            let mut plan = chain().compile(&device, &[shape], config.clone()).unwrap();
            let memory = plan.memory().clone();
            let mut edges = vec![];
            count(
                &name("a fused run"),
                warm,
                || {
                    let outputs = &mut [Output::Images(&mut edges)];
                    let execution = plan.execute(&[Input::Images(&frames)], outputs).unwrap();
                    assert!(execution.is_success());
                },
                || memory.statistics(),
                false,
            );
            assert_eq!(plan.launches_per_batch(), 1);
            drop(plan);
            assert_eq!(memory.shutdown().unwrap(), []);

            // A runner, in chunks, with two shapes in turns.
            let mut runner =
                Runner::new(pipeline(), &device, config.clone().with_max_batch(2)).unwrap();
            runner.on_failure(|failure| panic!("{failure}"));
            let memory = runner.memory().clone();
            let small = Image::from_fn(5, 4, 3, |x, _, _| x as u8).unwrap();
            let mut outputs = [BatchOutputs::default(), BatchOutputs::default()];
            count(
                &name("runner"),
                warm,
                || {
                    let [first, second] = &mut outputs;
                    runner.run_into(&[Input::Images(&frames)], first).unwrap();
                    runner
                        .run_into(&[Input::Images(&[&small])], second)
                        .unwrap();
                },
                || memory.statistics(),
                false,
            );
            assert_eq!(runner.statistics().plans_compiled, 2);
            if execution == ExecutionMode::Replay {
                let replay = runner.replay_statistics();
                assert!(replay.replayed > 2 * EXECUTIONS as u64, "{replay:?}");
            }
            // New results take the memory of dropped ones.
            count(
                &name("results that are dropped"),
                warm,
                || drop(runner.run(&[&small]).unwrap()),
                || memory.statistics(),
                false,
            );
            // What the caller keeps is allocated anew.
            count(
                &name("images that are taken"),
                warm,
                || {
                    let mut outputs = runner.run(&[&small]).unwrap();
                    let (taken, _) = outputs.outputs().next().unwrap();
                    let taken = taken.to_owned();
                    drop(outputs.take(&taken).unwrap().unwrap());
                },
                || memory.statistics(),
                true,
            );
            drop(runner);
            assert_eq!(memory.shutdown().unwrap(), []);

            // Batches that are copied in pieces, with the help of threads.
            let config = config.with_max_batch(4).with_copy_threads(2);
            let mut runner = Runner::new(flip(), &device, config).unwrap();
            let memory = runner.memory().clone();
            let large = large();
            let frames = [&large; 4];
            let mut outputs = BatchOutputs::default();
            count_some(
                &name("large batches"),
                (&workers, warm_up),
                LARGE_EXECUTIONS,
                || {
                    runner
                        .run_into(&[Input::Images(&frames)], &mut outputs)
                        .unwrap();
                    drop(runner.run(&frames).unwrap());
                },
                || memory.statistics(),
                false,
            );
            assert_eq!(runner.memory().copy_threads().count(), 2);
            drop(runner);
            assert_eq!(memory.shutdown().unwrap(), []);
        }
    }
}
