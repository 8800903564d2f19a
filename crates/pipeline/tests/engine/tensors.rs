//! Frames that are given as tensors: equal to the same images in ordinary memory, ordered, bounded, and given back.

use crate::mixed::noise;
use crate::support::{Gate, SHAPE, copy_on, plain};
use pixelflume_device::{Device, HostConfig, Stream};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{
    Blend, GaussianBlur, ImageShape, Layout, Normalize, RandomFlip, Resize, SampleType,
};
use pixelflume_pipeline::engine::{
    Engine, EngineConfig, FrameError, FrameImage, Shutdown, SubmitError,
};
use pixelflume_pipeline::{BatchLayout, DeviceTensor, Image, Pipeline, PipelineBuilder};
use pixelflume_scheduler::ExecutionMode;

/// Memory of a device that finds missing waits.
fn memory() -> MemoryManager {
    let host = HostConfig::default().with_threads(2).with_checked(true);
    MemoryManager::new(&Device::host_with(host), MemoryConfig::default())
}

/// An image on the device, with this many bytes behind each row and before the first.
fn tensor(image: &Image, padding: usize, memory: &MemoryManager, on: &Stream) -> DeviceTensor {
    let shape = image.shape();
    let layout = BatchLayout::tight(shape, 1);
    let layout = layout
        .with_row_pitch(shape.row_bytes() + padding)
        .at(padding);
    let bytes = layout.end().unwrap();
    let mut buffer = memory.allocate(bytes, on).unwrap();
    let mut pinned = memory.pinned(bytes).unwrap();
    let target = &mut pinned.as_mut_slice().unwrap()[padding..];
    let rows = target.chunks_mut(layout.row_pitch());
    for (row, samples) in rows.zip(image.data().chunks(shape.row_bytes())) {
        row[..samples.len()].copy_from_slice(samples);
    }
    buffer.upload(0, &mut pinned, 0..bytes, on).unwrap();
    DeviceTensor::new(buffer, layout, memory).unwrap()
}

/// One of the ways to give an image.
fn given(image: &Image, way: usize, memory: &MemoryManager, on: &Stream) -> FrameImage {
    match way % 3 {
        0 => FrameImage::Image(image.clone()),
        1 => FrameImage::Tensor(tensor(image, 0, memory, on)),
        _ => FrameImage::Tensor(tensor(image, 16, memory, on)),
    }
}

/// A chain for all sizes, and a second input that keeps its shape.
fn chain() -> Pipeline {
    let mut builder = PipelineBuilder::new("chain");
    let [photo, other] = ["photo", "other"].map(|name| builder.input(name).unwrap());
    let small = builder.then(photo, "small", Resize::new(20, 12).unwrap());
    let mix = builder.add("mix", Blend::new(0.3).unwrap()).unwrap();
    builder.connect(small.unwrap(), mix).unwrap();
    builder.connect(other, mix).unwrap();
    let normalize = Normalize::new(&[120.0], &[50.0]).unwrap();
    let normalize = normalize.sample(SampleType::F32).unwrap();
    let normalize = normalize.layout(Layout::Planar);
    builder.then(mix, "normal", normalize).unwrap();
    builder.build().unwrap()
}

fn blurred() -> Pipeline {
    let mut builder = PipelineBuilder::new("blurred");
    let input = builder.input("photo").unwrap();
    let blur = GaussianBlur::new(5).unwrap();
    builder.then(input, "blur", blur).unwrap();
    builder.build().unwrap()
}

/// Batches of these images, given as they are and in all ways in turn, have the same results.
fn compare(engine: &Engine, sets: &[Vec<Image>]) {
    let memory = engine.memory().clone();
    let streams = [(); 2].map(|()| memory.device().stream().unwrap());
    for ways in [0..1, 0..3, 1..3, 1..2, 2..3] {
        let mut expected = engine.begin_batch().unwrap();
        let mut batch = engine.begin_batch().unwrap();
        for (frame, images) in sets.iter().enumerate() {
            for writer in [&mut expected, &mut batch] {
                writer.set_index(frame, frame as u64).unwrap();
            }
            let plain: Vec<&Image> = images.iter().collect();
            expected.push_inputs(&plain).unwrap();
            let frames = images.iter().enumerate().map(|(input, image)| {
                let way = ways.start + (frame + input) % ways.len();
                given(image, way, &memory, &streams[(frame + input) % 2])
            });
            batch.push_frame(frames.collect()).unwrap();
        }
        expected.submit().unwrap();
        batch.submit().unwrap();
        let [expected, got] = [(); 2].map(|()| engine.next().unwrap().unwrap());
        let outputs = expected.outputs().zip(got.outputs());
        let outputs = outputs.map(|(expected, got)| (expected.to_images(), got.to_images()));
        for (expected, got) in outputs.collect::<Vec<_>>() {
            assert_eq!(expected.len(), sets.len());
            assert_eq!(got, expected, "{ways:?}");
        }
    }
}

#[test]
fn tensors_of_any_sizes_are_read_where_they_are() {
    for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let memory = memory();
        let config = EngineConfig::new().max_batch(5).execution(execution);
        let examples = [ImageShape::u8(40, 30, 3), ImageShape::u8(20, 12, 3)];
        let engine = Engine::mixed_with_memory(chain(), &memory, &examples, config).unwrap();
        let before = memory.statistics().device.in_use;
        for round in 0..4 {
            let set = |frame: u32| {
                let seed = u64::from(round * 10 + frame);
                let photo = noise(9 + 13 * frame + round, 50 - 7 * frame, 3, seed);
                vec![photo, noise(20, 12, 3, seed + 100)]
            };
            let sets: Vec<_> = (0..5 - round).map(set).collect();
            compare(&engine, &sets);
        }
        assert_eq!(memory.statistics().device.in_use, before);
    }
}

#[test]
fn tensors_of_one_shape_are_copied_on_the_device() {
    let memory = memory();
    let shape = ImageShape::u8(19, 11, 3);
    let config = EngineConfig::new().max_batch(4);
    let engine = Engine::with_memory(blurred(), &memory, &[shape], config).unwrap();
    let sets: Vec<_> = (0..4).map(|seed| vec![noise(19, 11, 3, seed)]).collect();
    for count in [4, 1, 3] {
        compare(&engine, &sets[..count]);
    }
}

#[test]
fn images_that_are_executed_in_groups_may_be_tensors() {
    let mut builder = PipelineBuilder::new("groups");
    let input = builder.input("photo").unwrap();
    let blur = builder.then(input, "blur", GaussianBlur::new(5).unwrap());
    let flip = RandomFlip::new(0.5, 0.5).unwrap();
    builder.then(blur.unwrap(), "flip", flip).unwrap();
    let memory = memory();
    let shape = ImageShape::u8(19, 11, 3);
    let config = EngineConfig::new().max_batch(4);
    let pipeline = builder.build().unwrap();
    let engine = Engine::with_memory(pipeline, &memory, &[shape], config).unwrap();
    let sets: Vec<_> = (0..4).map(|seed| vec![noise(19, 11, 3, seed)]).collect();
    compare(&engine, &sets);
}

#[test]
fn a_run_comes_behind_what_writes_its_tensors() {
    let gate = Gate::default();
    let memory = memory();
    let config = EngineConfig::new().max_batch(1).in_flight(2);
    let engine = Engine::with_memory(gate.pipeline(), &memory, &[SHAPE], config).unwrap();
    let stream = memory.device().stream().unwrap();
    // The checked device refuses a copy that is not ordered behind the writer.
    for value in 20..40 {
        let source = tensor(&plain(value), 0, &memory, &stream);
        let other = memory.device().stream().unwrap();
        let written = tensor(&plain(99), 0, &memory, &stream);
        written.order_before(&other).unwrap();
        source.order_before(&other).unwrap();
        copy_on(&other, written.address(), source.address(), SHAPE.bytes());
        source.order_after(&other).unwrap();
        written.order_after(&other).unwrap();
        let mut batch = engine.begin_batch().unwrap();
        batch.push_frame(vec![FrameImage::Tensor(written)]).unwrap();
        batch.submit().unwrap();
        let lease = engine.next().unwrap().unwrap();
        assert_eq!(lease.to_images("gate").unwrap(), [plain(value)]);
    }
}

#[test]
fn tensors_that_do_not_fit_are_refused_and_the_batch_goes_on() {
    let memory = memory();
    let config = EngineConfig::new().max_batch(3).tensor_bytes(8192);
    let examples = [ImageShape::u8(40, 30, 3), ImageShape::u8(20, 12, 3)];
    let engine = Engine::mixed_with_memory(chain(), &memory, &examples, config).unwrap();
    let stream = memory.device().stream().unwrap();
    let before = memory.statistics().device.in_use;
    let photo = |width, height, channels| {
        let image = noise(width, height, channels, 3);
        tensor(&image, 0, &memory, &stream)
    };
    let mut batch = engine.begin_batch().unwrap();
    let text = |error: FrameError| error.to_string();
    // 6,900 bytes take 6,912.
    batch.write_tensor(0, 0, photo(50, 46, 3)).unwrap();
    assert_eq!(
        text(batch.write_tensor(0, 1, photo(30, 16, 3)).unwrap_err()),
        "there is no room for frame 1 of input \"photo\" on the device: it takes 1536 bytes, and 6912 of 8192 are used; submit the \
         batch, or raise PIXELFLUME_TENSOR_BYTES"
    );
    // In place of the other one there is room.
    batch.write_tensor(0, 0, photo(30, 16, 3)).unwrap();
    batch.write_tensor(0, 1, photo(30, 16, 3)).unwrap();
    assert!(matches!(
        batch.write_tensor(0, 0, photo(30, 16, 1)),
        Err(FrameError::Format { .. })
    ));
    assert!(matches!(
        batch.write_tensor(1, 0, photo(30, 16, 3)),
        Err(FrameError::Shape { .. })
    ));
    assert!(matches!(
        batch.write_tensor(2, 0, photo(30, 16, 3)),
        Err(FrameError::NoSuchInput { .. })
    ));
    assert!(matches!(
        batch.write_tensor(0, 3, photo(30, 16, 3)),
        Err(FrameError::BatchFull { .. })
    ));
    let two = memory.allocate(2 * 720, &stream).unwrap();
    let two = DeviceTensor::new(two, BatchLayout::tight(examples[1], 2), &memory).unwrap();
    assert_eq!(
        text(batch.write_tensor(1, 0, two).unwrap_err()),
        "the tensor for frame 0 of input \"other\" has 2 images; give a tensor for each"
    );
    let elsewhere = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let on = elsewhere.device().stream().unwrap();
    let foreign = tensor(&noise(9, 9, 3, 1), 0, &elsewhere, &on);
    assert!(matches!(
        batch.write_tensor(0, 0, foreign),
        Err(FrameError::Tensor { .. })
    ));
    // A frame of which one image is refused takes nothing of the batch.
    let frames = batch.frames();
    let pair = [photo(9, 9, 3), photo(9, 9, 3)].map(FrameImage::Tensor);
    assert!(batch.push_frame(pair.into()).is_err());
    assert_eq!(batch.frames(), frames);
    assert!(matches!(
        batch.push_frame(vec![FrameImage::Tensor(photo(9, 9, 3))]),
        Err(FrameError::InputCount {
            expected: 2,
            got: 1
        })
    ));
    // An image that is written takes the place of a tensor, and a tensor that of an image.
    batch.write(0, 0, &noise(7, 9, 3, 5)).unwrap();
    batch.write_tensor(0, 0, photo(31, 9, 3)).unwrap();
    batch.write(0, 0, &noise(33, 9, 3, 6)).unwrap();
    assert!(matches!(
        batch.submit(),
        Err(SubmitError::Incomplete { .. })
    ));
    assert_eq!(memory.statistics().device.in_use, before);
    // Whether a batch is dropped, fails or ends: its tensors go back.
    let mut failed = engine.begin_batch().unwrap();
    failed.write_tensor(0, 0, photo(30, 16, 3)).unwrap();
    failed.fail("told to").unwrap();
    assert!(engine.next().unwrap().is_err());
    assert_eq!(engine.shutdown(Shutdown::Drain).failed, 1);
    assert_eq!(memory.statistics().device.in_use, before);
}
