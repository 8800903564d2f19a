//! Batches that nobody waits for: results, order, bounds, failures, refusals.
#![expect(unsafe_code, reason = "borrows memory by address")]

use crate::gate::Gate;
use crate::runner::HOST;
use crate::submit_kept::borrowed;
use crate::support::{Failing, noise};
use pixelflume_device::{Address, Device, HostConfig, Stream};
use pixelflume_memory::{
    BorrowedMemory, DeviceBuffer, DeviceSlice, MemoryAccess, MemoryConfig, MemoryManager,
};
use pixelflume_ops::{GaussianBlur, ImageShape, Sobel};
use pixelflume_pipeline::{
    BatchLayout, BatchView, DeviceImages, DeviceImagesMut, DeviceTensor, ExecutionConfig, Image,
    Input, Output, Pending, Pipeline, PipelineBuilder, PipelineError, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

const WIDTH: u32 = 33;
const HEIGHT: u32 = 20;

/// Two nodes beside each other, and one behind: more than one stream.
pub(crate) fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("submit");
    let input = builder.input("input").unwrap();
    let smooth = builder
        .then(input, "smooth", GaussianBlur::new(5).unwrap())
        .unwrap();
    let edges = builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    let steps = builder.then(input, "steps", Sobel::dx()).unwrap();
    builder.output(edges).unwrap();
    builder.output(steps).unwrap();
    builder.build().unwrap()
}

pub(crate) fn shape() -> ImageShape {
    ImageShape::u8(WIDTH, HEIGHT, 1)
}

pub(crate) fn image(seed: u64) -> Image {
    noise(WIDTH, HEIGHT, 1, seed)
}

/// The bytes of a buffer, read in the order of its stream.
pub(crate) fn bytes(memory: &MemoryManager, tensor: &DeviceTensor) -> Vec<u8> {
    let len = tensor.layout().end().unwrap();
    let mut pinned = memory.pinned(len).unwrap();
    let buffer = tensor.images().memory();
    assert_eq!(buffer.len(), len);
    download(memory, tensor, &mut pinned);
    pinned.as_slice().unwrap()[..len].to_vec()
}

fn download(
    memory: &MemoryManager,
    tensor: &DeviceTensor,
    pinned: &mut pixelflume_memory::PinnedBuffer,
) {
    let stream = memory.device().stream().unwrap();
    let len = tensor.layout().end().unwrap();
    tensor.order_before(&stream).unwrap();
    // SAFETY: the tensor's work was ordered before, both sides have the bytes, and the copy is waited for.
    unsafe {
        let to = Address::from_ptr(pinned.as_mut_slice().unwrap().as_ptr());
        stream.copy(to, tensor.address(), len)
    }
    .unwrap();
    stream.synchronize().unwrap();
}

fn buffer_with(memory: &MemoryManager, image: &Image, stream: &Stream) -> DeviceBuffer {
    let mut pinned = memory.pinned(image.data().len()).unwrap();
    pinned.as_mut_slice().unwrap()[..image.data().len()].copy_from_slice(image.data());
    let mut buffer = memory.allocate(image.data().len(), stream).unwrap();
    let len = image.data().len();
    buffer.upload(0, &mut pinned, 0..len, stream).unwrap();
    buffer
}

fn configs() -> impl Iterator<Item = ExecutionConfig> {
    [ExecutionMode::Direct, ExecutionMode::Replay]
        .into_iter()
        .flat_map(|mode| {
            [1, 4].map(|streams| {
                ExecutionConfig::default()
                    .with_execution(mode)
                    .with_streams(streams)
                    .with_in_flight(3)
            })
        })
}

pub(crate) fn expected(frames: &[&Image]) -> [Vec<u8>; 2] {
    let mut runner = Runner::new(pipeline(), &HOST, ExecutionConfig::default()).unwrap();
    let outputs = runner.run(frames).unwrap();
    ["edges", "steps"].map(|name| {
        let images = outputs.images(name).unwrap();
        images
            .iter()
            .flat_map(|image| image.data().to_vec())
            .collect()
    })
}

#[test]
fn batches_in_flight_give_what_executions_give() {
    for checked in [false, true] {
        let settings = HostConfig::default().with_threads(3).with_checked(checked);
        let device = Device::host_with(settings);
        for config in configs() {
            let memory = MemoryManager::new(&device, MemoryConfig::default());
            let mut runner = Runner::with_memory(pipeline(), &memory, config).unwrap();
            let streams = [device.stream().unwrap(), device.stream().unwrap()];
            let inputs: Vec<_> = (0..4_u64).map(image).collect();
            let buffers: Vec<_> = inputs
                .iter()
                .map(|image| buffer_with(&memory, image, &streams[0]))
                .collect();
            let mut pending: Vec<(usize, Pending, [DeviceTensor; 2])> = Vec::new();
            for round in 0..24 {
                let which = round % inputs.len();
                let on = &streams[round / 5 % 2];
                let layout = BatchLayout::tight(shape(), 1);
                let view = BatchView::new(layout, inputs[which].data()).unwrap();
                let input = match round % 3 {
                    0 => Input::Batch(view),
                    _ => Input::Device(DeviceImages::new(layout, &buffers[which]).unwrap()),
                };
                let (mut edges, mut steps) = (None, None);
                let outputs = &mut [Output::Tensor(&mut edges), Output::Tensor(&mut steps)];
                let submitted = runner.submit(&[input], outputs, on).unwrap();
                let tensors = [edges.unwrap(), steps.unwrap()];
                assert_eq!(tensors[0].stream().id(), on.id());
                pending.push((which, submitted, tensors));
            }
            for (index, (which, pending, tensors)) in pending.into_iter().enumerate() {
                if index % 2 == 0 {
                    let execution = pending.wait().unwrap();
                    assert!(execution.is_success() && execution.frames() == 1);
                }
                let got = tensors.map(|tensor| bytes(&memory, &tensor));
                assert_eq!(got, expected(&[&inputs[which]]), "batch {index}");
            }
            assert_eq!(runner.statistics().batches, 24);
        }
    }
}

#[test]
fn submit_returns_while_its_stream_is_busy_and_work_behind_it_sees_the_results() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut runner = Runner::with_memory(pipeline(), &memory, ExecutionConfig::default()).unwrap();
    let on = device.stream().unwrap();
    let gate = Gate::close(&on);
    let frame = image(1);
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor), Output::Discard];
    let pending = runner
        .submit(&[Input::Images(&[&frame])], outputs, &on)
        .unwrap();
    assert!(!pending.is_ready().unwrap());
    // The second batch takes the first one's result, without a wait between them.
    let first = tensor.unwrap();
    let mut second = None;
    let outputs = &mut [Output::Tensor(&mut second), Output::Discard];
    drop(
        runner
            .submit(&[Input::Device(first.images())], outputs, &on)
            .unwrap(),
    );
    drop(first);
    assert!(!pending.is_ready().unwrap());
    gate.open();
    assert!(pending.wait().unwrap().is_success());
    let [edges, _] = expected(&[&frame]);
    let edges = Image::new(shape(), edges).unwrap();
    assert_eq!(bytes(&memory, &second.unwrap()), expected(&[&edges])[0]);
}

#[test]
fn failures_arrive_at_their_batch_and_the_callback_hears_of_each_once() {
    for panics in [false, true] {
        let mut builder = PipelineBuilder::new("fails");
        let input = builder.input("input").unwrap();
        let failing = Failing::new(0b10, panics);
        let middle = builder.then(input, "failing", failing).unwrap();
        let edges = builder.then(middle, "edges", Sobel::magnitude()).unwrap();
        let steps = builder.then(input, "steps", Sobel::dx()).unwrap();
        builder.output(edges).unwrap();
        builder.output(steps).unwrap();
        let device = Device::host_with(HostConfig::default().with_threads(2));
        let config = ExecutionConfig::default().with_max_batch(2);
        let mut runner = Runner::new(builder.build().unwrap(), &device, config).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        runner.on_failure(move |failure| log.lock().unwrap().push(failure.frames.clone()));
        let on = device.stream().unwrap();
        let frames = [image(0), image(1), image(2), image(3), image(4)];
        let frames: Vec<_> = frames.iter().collect();
        let mut tensor = None;
        let outputs = &mut [Output::Discard, Output::Tensor(&mut tensor)];
        let pending = runner
            .submit(&[Input::Images(&frames)], outputs, &on)
            .unwrap();
        let outputs = &mut [Output::Discard, Output::Discard];
        let next = runner
            .submit(&[Input::Images(&frames[..1])], outputs, &on)
            .unwrap();
        let execution = pending.wait().unwrap();
        assert_eq!((execution.batches(), execution.frames()), (3, 5));
        let failure = execution.failure(0).expect("its second chunk failed");
        assert_eq!(
            (failure.node.as_str(), failure.frames.clone()),
            ("failing", 2..4)
        );
        assert!(execution.failure(1).is_none());
        assert!(next.wait().unwrap().is_success());
        drop(runner);
        assert_eq!(*heard.lock().unwrap(), vec![2..4_usize]);
        assert_eq!(
            tensor.unwrap().shape(),
            [5, HEIGHT as usize, WIDTH as usize, 1]
        );
    }
}

#[test]
fn no_more_batches_are_in_flight_than_allowed() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let config = ExecutionConfig::default().with_in_flight(2);
    let mut runner = Runner::new(pipeline(), &device, config).unwrap();
    let on = device.stream().unwrap();
    let gate = Gate::close(&on);
    let frame = image(6);
    let submit = |runner: &mut Runner| {
        let outputs = &mut [Output::Discard, Output::Discard];
        runner
            .submit(&[Input::Images(&[&frame])], outputs, &on)
            .unwrap()
    };
    let first = submit(&mut runner);
    let second = submit(&mut runner);
    std::thread::scope(|scope| {
        let third = scope.spawn(|| {
            let third = submit(&mut runner);
            // It came when there was room: the first one was complete.
            assert!(first.is_ready().unwrap());
            third
        });
        assert!(!first.is_ready().unwrap() && !second.is_ready().unwrap());
        gate.open();
        assert!(third.join().unwrap().wait().unwrap().is_success());
    });
    assert!(second.wait().unwrap().is_success());
    for bad in [0, 1025] {
        let config = ExecutionConfig::default().with_in_flight(bad);
        let error = Runner::new(pipeline(), &device, config).unwrap_err();
        assert!(
            matches!(
                error,
                PipelineError::Setting {
                    setting: "in_flight",
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn what_cannot_be_submitted_is_refused_and_leaves_no_tensor() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut runner = Runner::with_memory(pipeline(), &memory, ExecutionConfig::default()).unwrap();
    let on = device.stream().unwrap();
    let frame = image(7);
    let images = [&frame];
    let input = Input::Images(&images);
    let layout = BatchLayout::tight(shape(), 1);
    let refused = |runner: &mut Runner, input: Input<'_>, output: Output<'_>, on: &Stream| {
        let mut tensor = None;
        let outputs = &mut [output, Output::Tensor(&mut tensor)];
        let error = runner.submit(&[input], outputs, on).unwrap_err();
        assert!(tensor.is_none());
        error.to_string()
    };

    let mut results = Vec::new();
    let text = refused(&mut runner, input, Output::Images(&mut results), &on);
    assert!(
        text.contains("the place for output \"edges\" is in ordinary memory"),
        "{text}"
    );

    let elsewhere = Device::host().stream().unwrap();
    let text = refused(&mut runner, input, Output::Discard, &elsewhere);
    assert!(
        text.contains("the stream that a batch was submitted on is of host"),
        "{text}"
    );

    // SAFETY: nothing uses the slice: it is refused.
    let raw = unsafe { DeviceSlice::from_raw(Address::from_ptr(frame.data().as_ptr()), 660, &on) };
    let only = Input::Device(DeviceImages::new(layout, raw).unwrap());
    let text = refused(&mut runner, only, Output::Discard, &on);
    assert!(
        text.contains("input \"input\" is only borrowed for the call"),
        "{text}"
    );

    let drops = Arc::new(AtomicUsize::new(0));
    let theirs = borrowed(vec![0; 4 * 660], &drops, &on);
    // SAFETY: the bytes are those of `theirs`, which lives as long, and both are ordered by one stream.
    let same =
        unsafe { BorrowedMemory::new(theirs.address(), 4 * 660, MemoryAccess::ReadWrite, &on, ()) };
    let mut same = same.unwrap();
    let input_there = Input::Device(DeviceImages::new(layout.at(660), &theirs).unwrap());
    let end = same.len();
    let part = same.slice_mut(1319..end).unwrap();
    let images = DeviceImagesMut::new(layout, part).unwrap();
    let text = refused(&mut runner, input_there, Output::Device(images), &on);
    assert!(
        text.contains("\"edges\" shares memory with input \"input\""),
        "{text}"
    );
    let part = same.slice_mut(1320..end).unwrap();
    let images = DeviceImagesMut::new(layout, part).unwrap();
    let outputs = &mut [Output::Device(images), Output::Discard];
    let beside = runner.submit(&[input_there], outputs, &on).unwrap();
    assert!(beside.wait().unwrap().is_success());

    // SAFETY: nothing else uses the stream.
    unsafe { on.begin_capture() }.unwrap();
    let text = refused(&mut runner, input, Output::Discard, &on);
    assert!(text.contains("capturing"), "{text}");
    drop(on.end_capture().unwrap());
    let outputs = &mut [Output::Discard, Output::Discard];
    let submitted = runner.submit(&[input], outputs, &on).unwrap();
    assert!(submitted.wait().unwrap().is_success());
}
