//! Executions whose calls of the device fail, each in turn: no memory is used again while a part of the run may still use it.
#![expect(unsafe_code, reason = "runs kernels")]

use pixelflume_device::testing::{Call, Refusals};
use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume_ops::{Custom, GaussianBlur, ImageShape, Sobel};
use pixelflume_pipeline::{
    BatchLayout, DeviceImages, DeviceImagesMut, ExecutionConfig, Image, Input, Output, Pipeline,
    PipelineBuilder,
};
use pixelflume_scheduler::ExecutionMode;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

const SHAPE: ImageShape = ImageShape::u8(64, 64, 1);
const BYTES: usize = 64 * 64;
const NEW: u8 = 0x55;

struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().recv().map_err(TaskFailure::new)
    }
}

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

fn put(stream: &Stream, kernel: impl HostKernel + 'static) {
    let launch = Launch::host(Arc::new(kernel), Args::EMPTY);
    // SAFETY: the kernels touch no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
}

/// Two outputs, on two streams.
fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("fork");
    let input = builder.input("input").unwrap();
    let blur = builder
        .then(input, "blur", GaussianBlur::new(5).unwrap())
        .unwrap();
    builder.then(blur, "edges", Sobel::magnitude()).unwrap();
    builder
        .then(input, "other", GaussianBlur::new(3).unwrap())
        .unwrap();
    builder.build().unwrap()
}

fn fill(memory: &MemoryManager, buffer: &mut DeviceBuffer, value: u8, stream: &Stream) {
    let mut pinned = memory.pinned(buffer.len()).unwrap();
    pinned.as_mut_slice().unwrap().fill(value);
    let bytes = buffer.len();
    buffer.upload(0, &mut pinned, 0..bytes, stream).unwrap();
}

/// One execution that is held back by its input, with a fault; then all its memory is dropped, and taken by others. Gives the
/// number of calls that could have failed.
fn execute_with_fault(mode: ExecutionMode, nth: u32, stays: bool) -> u32 {
    let config = HostConfig::default().with_threads(2).with_checked(false);
    let device = Device::host_with(config);
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let [home, held] = [(); 2].map(|()| device.stream().unwrap());
    let config = ExecutionConfig::default()
        .with_streams(2)
        .with_execution(mode);
    let mut plan = pipeline().compile_with(&memory, &[SHAPE], config).unwrap();
    let mut input = memory.allocate(BYTES, &held).unwrap();
    fill(&memory, &mut input, 7, &held);
    let mut outputs = [(); 2].map(|()| memory.allocate(BYTES, &home).unwrap());
    let layout = BatchLayout::tight(SHAPE, 1);
    let images = DeviceImages::new(layout, &input).unwrap();
    let mut execute = || {
        let room = |output| DeviceImagesMut::new(layout, output).unwrap();
        plan.execute(
            &[Input::Device(images)],
            &mut outputs
                .each_mut()
                .map(|output| Output::Device(room(output))),
        )
    };
    // So that a replayed run is a graph.
    for _ in 0..3 {
        assert!(execute().unwrap().is_success());
    }
    device.synchronize().unwrap();

    // One of the two workers waits here, and the run behind it.
    let (open, gate) = channel();
    put(&held, Gate(gate.into()));
    let calls = Arc::new(Mutex::new(0));
    let (count, opener) = (calls.clone(), open.clone());
    device.refusals().inject(move |call| {
        let mut calls = count.lock().unwrap();
        *calls += 1;
        if *calls == nth || (stays && *calls > nth) {
            return Some(Refusals::refusal());
        }
        if let Call::SynchronizeStream | Call::SynchronizeEvent | Call::SynchronizeDevice = call {
            // Nobody may be there any more to hear it.
            let _ = opener.send(());
        }
        None
    });
    let result = execute();
    let used = *calls.lock().unwrap();
    let case = format!("{mode:?}, call {nth}, stays: {stays}: {:?}", result.err());
    let arena = plan.arena().bytes();
    drop((plan, outputs, input));
    device.refusals().clear();

    let mut next: Vec<DeviceBuffer> = [BYTES, BYTES, BYTES, arena]
        .map(|bytes| memory.allocate(bytes, &home).unwrap())
        .into();
    for buffer in &mut next {
        fill(&memory, buffer, NEW, &home);
    }
    let probe = device.stream().unwrap();
    put(&probe, Nothing);
    probe.synchronize().unwrap();
    // Now the run goes on, if it was held back until now.
    let _ = open.send(());
    device.synchronize().unwrap();
    for buffer in &next {
        let mut pinned = memory.pinned(buffer.len()).unwrap();
        buffer
            .download(0, &mut pinned, 0..buffer.len(), &home)
            .unwrap();
        let other = pinned.as_slice().unwrap().iter().find(|&&byte| byte != NEW);
        assert_eq!(other, None, "{case}");
    }
    used
}

#[test]
fn whatever_call_of_an_execution_fails_its_memory_is_not_used_again_while_it_runs() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        for stays in [false, true] {
            let calls = execute_with_fault(mode, u32::MAX, stays);
            assert!(calls >= 8, "{calls}");
            // A refused call leads to others: all that a whole run of refusals makes.
            for nth in 1..=calls + 4 {
                execute_with_fault(mode, nth, stays);
            }
        }
    }
}

/// One execution with refusals from call number `nth` on, whose task on the second stream takes until all else is over; then the
/// memory of the plan is taken by others. Gives the number of calls that could have failed.
fn late_task_with_faults(nth: u32) -> u32 {
    // One row is one strip, which one worker makes.
    let shape = ImageShape::u8(4096, 1, 1);
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let home = device.stream().unwrap();
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let late = Custom::new("late", 1).unwrap().host(1, move |strip| {
        // Until there is nobody any more who could send something.
        let _ = gate.lock().unwrap().recv();
        for y in strip.rows() {
            strip.output_row(y).fill(0x77);
        }
    });
    let mut builder = PipelineBuilder::new("late");
    let input = builder.input("input").unwrap();
    builder
        .then(input, "blur", GaussianBlur::new(3).unwrap())
        .unwrap();
    builder.then(input, "late", late).unwrap();
    let config = ExecutionConfig::default().with_streams(2);
    let pipeline = builder.build().unwrap();
    let mut plan = pipeline.compile_with(&memory, &[shape], config).unwrap();

    let open = Arc::new(Mutex::new(Some(open)));
    let calls = Arc::new(Mutex::new(0));
    let (count, opener) = (calls.clone(), open.clone());
    device.refusals().inject(move |call| {
        let mut calls = count.lock().unwrap();
        *calls += 1;
        if *calls >= nth {
            return Some(Refusals::refusal());
        }
        if let Call::SynchronizeStream | Call::SynchronizeEvent | Call::SynchronizeDevice = call {
            opener.lock().unwrap().take();
        }
        None
    });
    let image = Image::new(shape, vec![9; 4096]).unwrap();
    let result = plan.execute(
        &[Input::Images(&[&image])],
        &mut [Output::Discard, Output::Discard],
    );
    let used = *calls.lock().unwrap();
    let case = format!("call {nth}: {:?}", result.err());
    let arena = plan.arena().bytes();
    drop(plan);
    device.refusals().clear();

    let run_what_can = || {
        let probe = device.stream().unwrap();
        put(&probe, Nothing);
        probe.synchronize().unwrap();
    };
    run_what_can();
    let mut next = memory.allocate(arena, &home).unwrap();
    fill(&memory, &mut next, NEW, &home);
    run_what_can();
    open.lock().unwrap().take();
    device.synchronize().unwrap();
    let mut pinned = memory.pinned(arena).unwrap();
    next.download(0, &mut pinned, 0..arena, &home).unwrap();
    let other = pinned.as_slice().unwrap().iter().find(|&&byte| byte != NEW);
    assert_eq!(other, None, "{case}");
    used
}

#[test]
fn a_task_that_nothing_orders_keeps_the_memory_of_its_plan() {
    let calls = late_task_with_faults(u32::MAX);
    for nth in 1..=calls + 4 {
        late_task_with_faults(nth);
    }
}

/// One execution over images in ordinary memory, with a fault, and one after it. Gives the number of calls that could have
/// failed.
fn copy_in_and_out_with_fault(
    mode: ExecutionMode,
    nth: u32,
    stays: bool,
    expected: &[Image],
) -> u32 {
    let config = HostConfig::default().with_threads(2);
    let device = Device::host_with(config);
    let config = ExecutionConfig::default()
        .with_streams(2)
        .with_execution(mode);
    let mut plan = pipeline().compile(&device, &[SHAPE], config).unwrap();
    let image = Image::new(SHAPE, (0..BYTES).map(|n| (n * n / 7) as u8).collect()).unwrap();
    let mut execute = || {
        let [mut edges, mut other] = [vec![], vec![]];
        let execution = plan.execute(
            &[Input::Images(&[&image])],
            &mut [Output::Images(&mut edges), Output::Images(&mut other)],
        )?;
        let images: Vec<Image> = edges.into_iter().chain(other).collect();
        Ok::<_, pixelflume_pipeline::PipelineError>(execution.is_success().then_some(images))
    };
    for _ in 0..3 {
        let images = execute().unwrap().unwrap();
        assert!(images == expected);
    }
    let calls = Arc::new(Mutex::new(0));
    let count = calls.clone();
    device.refusals().inject(move |_| {
        let mut calls = count.lock().unwrap();
        *calls += 1;
        (*calls == nth || (stays && *calls > nth)).then(Refusals::refusal)
    });
    let result = execute();
    let used = *calls.lock().unwrap();
    device.refusals().clear();
    let case = format!("{mode:?}, call {nth}, stays: {stays}");
    match result {
        Ok(Some(images)) => assert!(images == expected, "{case}: a wrong result"),
        Ok(None) | Err(_) => assert!(nth <= used, "{case}: it failed without a fault"),
    }
    match execute() {
        Ok(images) => assert!(images.unwrap() == expected, "{case}: wrong afterwards"),
        // The plan says that it is of no use any more.
        Err(error) => assert!(error.to_string().contains("make a new"), "{case}: {error}"),
    }
    used
}

#[test]
fn whatever_call_of_an_execution_fails_no_result_is_wrong() {
    let image = Image::new(SHAPE, (0..BYTES).map(|n| (n * n / 7) as u8).collect()).unwrap();
    let mut plain = pixelflume_pipeline::Runner::new(
        pipeline().with_fusion(false),
        &Device::host(),
        ExecutionConfig::default(),
    )
    .unwrap();
    let outputs = plain.run(&[&image]).unwrap();
    let expected: Vec<Image> = ["edges", "other"]
        .iter()
        .flat_map(|name| outputs.images(name).unwrap().to_vec())
        .collect();
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        for stays in [false, true] {
            let calls = copy_in_and_out_with_fault(mode, u32::MAX, stays, &expected);
            for nth in 1..=calls + 4 {
                copy_in_and_out_with_fault(mode, nth, stays, &expected);
            }
        }
    }
}
