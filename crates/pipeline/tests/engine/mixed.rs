//! Engines for images of any sizes: equal to the images one by one, in order, bounded.

use crate::random::Random;
use crate::support::{HOST, blocked};
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{
    Blend, CenterCrop, Color, ColorConversion, Crop, Flip, FlipAxis, GaussianBlur, ImageShape,
    Layout, Letterbox, Normalize, Resample, ResampleFilter, ResampleLike, ResampleSize, Resize,
    SampleType, Sobel,
};
use pixelflume_pipeline::engine::{
    Engine, EngineConfig, EngineError, FailureCause, FrameError, Shutdown,
};
use pixelflume_pipeline::{ExecutionConfig, Image, Input, Pipeline, PipelineBuilder, Runner};
use pixelflume_scheduler::ExecutionMode;
use proptest::prelude::*;
use std::thread;

/// Noise of this size.
pub(crate) fn noise(width: u32, height: u32, channels: u32, seed: u64) -> Image {
    let mut random = Random::new(seed);
    Image::from_fn(width, height, channels, |_, _, _| random.below(256) as u8).unwrap()
}

/// A pipeline whose first nodes bring images to one size, and whose other nodes go on from there.
fn pipeline(head: usize, tail: usize) -> Pipeline {
    let mut builder = PipelineBuilder::new("mixed");
    let input = builder.input("photos").unwrap();
    let color = Color::new(ColorConversion::RgbToBgr);
    let small = match head {
        0 => builder.then(input, "small", Resize::new(20, 12).unwrap()),
        1 => builder.then(input, "small", Letterbox::new(20, 12).unwrap()),
        2 => {
            let crop = builder.then(input, "crop", CenterCrop::new(9, 5).unwrap());
            let flipped = builder.then(crop.unwrap(), "flip", Flip::new(FlipAxis::Horizontal));
            builder.then(flipped.unwrap(), "small", Resize::new(20, 12).unwrap())
        }
        3 => {
            let size = ResampleSize::Exact {
                width: 20,
                height: 12,
            };
            let filter = Resample::new(size, ResampleFilter::Bicubic, ResampleLike::Pillow13);
            builder.then(input, "small", filter.unwrap())
        }
        _ => {
            let bgr = builder.then(input, "bgr", color);
            builder.then(bgr.unwrap(), "small", Resize::new(20, 12).unwrap())
        }
    };
    let small = small.unwrap();
    match tail {
        0 => {}
        1 => {
            let normalize = Normalize::new(&[120.0], &[50.0]).unwrap();
            let normalize = normalize.sample(SampleType::F32).unwrap();
            let normalize = normalize.layout(Layout::Planar);
            builder.then(small, "normal", normalize).unwrap();
        }
        _ => {
            // The small image is an output as well, so that it ends the chain.
            builder.output(small).unwrap();
            let blur = builder.then(small, "blur", GaussianBlur::new(3).unwrap());
            let blur = blur.unwrap();
            builder.output(blur).unwrap();
            let mix = builder.add("mix", Blend::new(0.3).unwrap()).unwrap();
            builder.connect(small, mix).unwrap();
            builder.connect(blur, mix).unwrap();
            builder.output(mix).unwrap();
        }
    }
    builder.build().unwrap()
}

/// The outputs of one image alone.
fn alone(runner: &mut Runner, image: &Image) -> Vec<Image> {
    let results = runner.run(&[image]).unwrap();
    let names: Vec<String> = runner.pipeline().outputs().map(str::to_owned).collect();
    let first = |name: &String| results.images(name).unwrap()[0].clone();
    names.iter().map(first).collect()
}

fn checked() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batches_of_many_sizes_give_what_each_image_gives_alone(
        head in 0_usize..5,
        tail in 0_usize..3,
        replay in any::<bool>(),
        on_device in any::<bool>(),
        sizes in prop::collection::vec((9_u32..70, 5_u32..60), 1..24),
        most in 1_u32..6,
        seed in any::<u64>(),
    ) {
        let pipeline = pipeline(head, tail);
        let device = checked();
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        let config = EngineConfig::new()
            .max_batch(most)
            .mixed_bytes(64 << 10)
            .in_flight(2)
            .device_outputs(on_device)
            .execution(if replay { ExecutionMode::Replay } else { ExecutionMode::Direct });
        let example = ImageShape::u8(40, 30, 3);
        let engine = Engine::mixed_with_memory(pipeline.clone(), &memory, &[example], config).unwrap();
        let images: Vec<Image> = sizes
            .iter()
            .enumerate()
            .map(|(at, &(width, height))| noise(width, height, 3, seed ^ at as u64))
            .collect();
        let mut got = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut left = images.as_slice();
                while !left.is_empty() {
                    let mut writer = engine.begin_batch().unwrap();
                    while let [image, rest @ ..] = left {
                        match writer.push(image) {
                            Ok(()) => left = rest,
                            Err(FrameError::BatchFull { .. } | FrameError::RoomUsed { .. }) => break,
                            Err(error) => panic!("{error}"),
                        }
                    }
                    writer.submit().unwrap();
                }
                engine.close();
            });
            for result in engine.results() {
                let lease = result.unwrap();
                let outputs: Vec<Vec<Image>> = lease
                    .names()
                    .map(|name| lease.to_images(name).unwrap())
                    .collect();
                for frame in 0..lease.frames() {
                    let of_frame = outputs.iter().map(|images| images[frame].clone());
                    got.push(of_frame.collect::<Vec<_>>());
                }
            }
        });
        drop(engine);
        assert_eq!(memory.shutdown().unwrap(), []);
        let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
        prop_assert_eq!(got.len(), images.len());
        for (got, image) in got.iter().zip(&images) {
            prop_assert_eq!(got, &alone(&mut runner, image));
        }
    }
}

fn engine(pipeline: Pipeline, config: EngineConfig) -> Engine {
    Engine::mixed(pipeline, &checked(), &[ImageShape::u8(40, 30, 3)], config).unwrap()
}

#[test]
fn frames_are_written_in_place_in_any_order_and_again() {
    let engine = engine(
        pipeline(0, 0),
        EngineConfig::new().max_batch(3).mixed_bytes(16 << 10),
    );
    let images = [noise(31, 17, 3, 1), noise(5, 60, 3, 2), noise(44, 44, 3, 3)];
    let mut writer = engine.begin_batch().unwrap();
    for frame in [2, 0, 1] {
        // First another size, then the one that counts: smaller, larger, equal.
        let before = [(50, 20), (3, 3), (44, 44)][frame];
        let before = ImageShape::u8(before.0, before.1, 3);
        writer.frame_mut_of(0, frame, before).unwrap().fill(9);
        let place = writer
            .frame_mut_of(0, frame, images[frame].shape())
            .unwrap();
        assert_eq!(place.as_ptr().addr() % 256, 0);
        place.copy_from_slice(images[frame].data());
    }
    assert_eq!(writer.frames(), 3);
    writer.submit().unwrap();
    let lease = engine.next().unwrap().unwrap();
    let mut runner = Runner::new(pipeline(0, 0), &HOST, ExecutionConfig::default()).unwrap();
    for (got, image) in lease.to_images("small").unwrap().iter().zip(&images) {
        assert_eq!(got, &alone(&mut runner, image)[0]);
    }
    let missing = {
        let mut writer = engine.begin_batch().unwrap();
        writer.write(0, 1, &images[0]).unwrap();
        writer.submit().unwrap_err().to_string()
    };
    assert!(
        missing.starts_with("frame 0 of input \"photos\" was not written"),
        "{missing}"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_numbers_and_the_batch_goes_on() {
    let engine = engine(
        pipeline(2, 0),
        EngineConfig::new().max_batch(4).mixed_bytes(4096),
    );
    let mut writer = engine.begin_batch().unwrap();
    let (small, right) = (noise(8, 20, 3, 1), noise(20, 20, 3, 2));
    writer.push(&right).unwrap();
    let refusals = [
        (
            writer.push(&noise(40, 40, 3, 3)).unwrap_err(),
            "frame 1 of input \"photos\" is 40x40x3 u8 and takes 4864 bytes; the room for the pixels of a batch has 4096: raise \
             PIXELFLUME_MIXED_BYTES",
        ),
        (
            writer.push(&noise(36, 30, 3, 3)).unwrap_err(),
            "there is no room for frame 1 of input \"photos\": it takes 3328 bytes, and 1280 of 4096 are used; submit the batch, or \
             raise PIXELFLUME_MIXED_BYTES",
        ),
        (
            writer.push(&noise(20, 20, 1, 3)).unwrap_err(),
            "frame 1 of input \"photos\" is 20x20x1 u8; the engine is for images like 40x30x3 u8, of any width and height",
        ),
        (writer.push(&small).unwrap_err(), "node \"crop\": frame 1: "),
        (
            writer.frame_mut(0, 1).unwrap_err(),
            "input \"photos\" is for images of any sizes: the place of frame 1 needs a shape (`frame_mut_of`)",
        ),
        (
            writer
                .frame_mut_of(0, 1, ImageShape::u8(0, 4, 3))
                .unwrap_err(),
            "frame 1 of input \"photos\": ",
        ),
        (
            writer
                .frame_mut_of(0, 1, ImageShape::u8(u32::MAX, u32::MAX, 3))
                .unwrap_err(),
            "frame 1 of input \"photos\": an image of 4294967295x4294967295x3 u8 is larger",
        ),
        (
            writer.write(1, 0, &right).unwrap_err(),
            "there is no input 1; the pipeline has 1",
        ),
        (
            writer.write(0, 4, &right).unwrap_err(),
            "there is no room for frame 4; a batch has at most 4",
        ),
    ];
    for (error, text) in refusals {
        assert!(error.to_string().starts_with(text), "{error}\n{text}");
    }
    assert_eq!(writer.frames(), 1);
    // What was refused took no room: there is still exactly that of two more.
    writer.push(&right).unwrap();
    writer.push(&right).unwrap();
    assert!(matches!(
        writer.push(&right),
        Err(FrameError::RoomUsed { used: 3840, .. })
    ));
    assert_eq!(writer.frames(), 3);
    writer.submit().unwrap();
    let lease = engine.next().unwrap().unwrap();
    let mut runner = Runner::new(pipeline(2, 0), &HOST, ExecutionConfig::default()).unwrap();
    let expected = alone(&mut runner, &right).remove(0);
    assert_eq!(lease.to_images("small").unwrap(), vec![expected; 3]);
    // A batch that is submitted at once fails in its place.
    engine.submit(&[&right, &small]).unwrap();
    let failure = engine.next().unwrap().unwrap_err();
    assert!(
        matches!(failure.cause, FailureCause::Frame(FrameError::Image(_))),
        "{failure}"
    );
    drop(lease);
    engine.submit(&[&right]).unwrap();
    assert_eq!(engine.next().unwrap().unwrap().frames(), 1);
    let report = engine.shutdown(Shutdown::Drain);
    assert_eq!((report.completed, report.failed), (2, 1));
}

#[test]
fn a_pipeline_without_chains_is_refused_with_the_reason() {
    let cases = [
        {
            let mut builder = PipelineBuilder::new("edges");
            let input = builder.input("photos").unwrap();
            builder.then(input, "edges", Sobel::magnitude()).unwrap();
            builder.build().unwrap()
        },
        {
            let mut builder = PipelineBuilder::new("turned");
            let input = builder.input("photos").unwrap();
            let flip = builder
                .then(input, "edges", Flip::new(FlipAxis::Both))
                .unwrap();
            let resized = builder.then(flip, "small", Resize::new(4, 4).unwrap());
            builder.output(flip).unwrap();
            builder.output(resized.unwrap()).unwrap();
            builder.build().unwrap()
        },
    ];
    for pipeline in cases {
        let name = pipeline.name().to_owned();
        let made = Engine::mixed(
            pipeline,
            &HOST,
            &[ImageShape::u8(40, 30, 1)],
            EngineConfig::new(),
        );
        let error = made.unwrap_err();
        let EngineError::NotMixed { reason, .. } = &error else {
            panic!("{error}");
        };
        assert!(reason.contains("\"edges\""), "{name}: {error}");
        assert!(error.to_string().contains("EngineCache"), "{error}");
    }
    // What the pipeline cannot take at all is another error.
    let made = Engine::mixed(
        pipeline(2, 0),
        &HOST,
        &[ImageShape::u8(4, 3, 3)],
        EngineConfig::new(),
    );
    assert!(matches!(made, Err(EngineError::Pipeline(_))), "{made:?}");
}

#[test]
fn an_input_that_no_chain_reads_keeps_its_shape() {
    let mut builder = PipelineBuilder::new("marked");
    let photos = builder.input("photos").unwrap();
    let marks = builder.input("marks").unwrap();
    let small = builder
        .then(photos, "small", Resize::new(6, 4).unwrap())
        .unwrap();
    let mix = builder.add("mix", Blend::new(0.5).unwrap()).unwrap();
    builder.connect(small, mix).unwrap();
    builder.connect(marks, mix).unwrap();
    let pipeline = builder.build().unwrap();
    let shapes = [ImageShape::u8(40, 30, 3), ImageShape::u8(6, 4, 3)];
    let config = EngineConfig::new().max_batch(2).mixed_bytes(8192);
    let engine = Engine::mixed(pipeline.clone(), &checked(), &shapes, config).unwrap();
    let (photo, mark) = (noise(21, 33, 3, 1), noise(6, 4, 3, 2));
    let mut writer = engine.begin_batch().unwrap();
    writer.push_inputs(&[&photo, &mark]).unwrap();
    // The second input is refused after the first one was taken.
    let error = writer.push_inputs(&[&noise(40, 40, 3, 3), &noise(7, 4, 3, 2)]);
    let expected = "frame 1 of input \"marks\" is 7x4x3 u8, the engine is for 6x4x3 u8";
    assert_eq!(error.unwrap_err().to_string(), expected);
    assert_eq!(writer.frames(), 1);
    writer.frame_mut(1, 1).unwrap().copy_from_slice(mark.data());
    writer.write(0, 1, &photo).unwrap();
    writer.submit().unwrap();
    let got = engine.next().unwrap().unwrap().to_images("mix").unwrap();
    let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
    let (photos, marks) = ([&photo], [&mark]);
    let inputs = [Input::Images(&photos), Input::Images(&marks)];
    let mut expected = Default::default();
    runner.run_into(&inputs, &mut expected).unwrap();
    let expected = expected.images("mix").unwrap()[0].clone();
    assert_eq!(got, [expected.clone(), expected]);
}

#[test]
fn memory_is_bounded_by_the_settings() {
    let config = EngineConfig::new()
        .in_flight(2)
        .max_batch(3)
        .mixed_bytes(10_000);
    let engine = engine(pipeline(0, 0), config);
    let statistics = engine.statistics();
    assert_eq!(engine.room_bytes(), Some(10_000));
    // 2 lanes with a room each and a table of 3 descriptors, and 4 results of 3 images of 20x12x3 at multiples of 256 bytes.
    let results = (3_usize * 20 * 12 * 3).next_multiple_of(256);
    assert_eq!(
        statistics.pinned_bytes,
        2 * (10_000 + 3 * 256) + 4 * results
    );
    let in_use = engine.memory().statistics().device.in_use;
    for seed in 0..50 {
        let size = 10 + seed as u32;
        engine.submit(&[&noise(size, 61 - size, 3, seed)]).unwrap();
        drop(engine.next().unwrap().unwrap());
    }
    assert_eq!(engine.memory().statistics().device.in_use, in_use);
}

#[test]
fn a_batch_in_flight_keeps_its_room_until_it_is_complete() {
    // Held up on the device, so that the next batches come into the other lane, and then have to wait.
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(true));
    let config = EngineConfig::new()
        .in_flight(2)
        .max_batch(1)
        .mixed_bytes(8192)
        .device_outputs(true);
    let example = ImageShape::u8(40, 30, 3);
    let engine = Engine::mixed(pipeline(0, 0), &device, &[example], config).unwrap();
    let mut runner = Runner::new(pipeline(0, 0), &HOST, ExecutionConfig::default()).unwrap();
    let images: Vec<Image> = (0..6)
        .map(|at| noise(20 + at, 25 - at, 3, at.into()))
        .collect();
    engine.submit(&[&images[0]]).unwrap();
    let lease = engine.next().unwrap().unwrap();
    let stream = device.stream().unwrap();
    let open = blocked(&stream);
    lease.tensors()[0].order_after(&stream).unwrap();
    drop(lease);
    let mut got = Vec::new();
    for image in &images[1..] {
        while engine.try_submit(&[image]).is_err() {
            open.send(()).ok();
            let lease = engine.next().unwrap().unwrap();
            got.extend(lease.to_images("small").unwrap());
        }
    }
    open.send(()).ok();
    while let Some(result) = engine.next_submitted() {
        got.extend(result.unwrap().to_images("small").unwrap());
    }
    let expected: Vec<Image> = images[1..]
        .iter()
        .map(|image| alone(&mut runner, image).remove(0))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn crops_at_a_place_take_all_images_that_have_it() {
    let mut builder = PipelineBuilder::new("corner");
    let input = builder.input("photos").unwrap();
    builder
        .then(input, "corner", Crop::new(30, 20, 10, 10).unwrap())
        .unwrap();
    let engine = engine(builder.build().unwrap(), EngineConfig::new());
    let image = noise(100, 50, 3, 7);
    engine.submit(&[&image]).unwrap();
    let corner = engine.next().unwrap().unwrap().to_images("corner").unwrap();
    let expected = Image::from_fn(10, 10, 3, |x, y, c| {
        image.data()[(((y + 20) * 100 + x + 30) * 3 + c) as usize]
    });
    assert_eq!(corner, [expected.unwrap()]);
    engine.submit(&[&noise(39, 50, 3, 7)]).unwrap();
    let failure = engine.next().unwrap().unwrap_err().to_string();
    assert!(failure.contains("node \"corner\": frame 0"), "{failure}");
}

#[test]
fn an_image_that_is_refused_leaves_the_one_before_it() {
    let engine = engine(
        pipeline(2, 0),
        EngineConfig::new().max_batch(1).mixed_bytes(8192),
    );
    let right = noise(20, 20, 3, 2);
    let mut writer = engine.begin_batch().unwrap();
    writer.push(&right).unwrap();
    // Fits into the place of the first, but not into the crop; fits into no room.
    assert!(writer.write(0, 0, &noise(8, 20, 3, 1)).is_err());
    assert!(writer.write(0, 0, &noise(50, 50, 3, 1)).is_err());
    assert!(writer.write(0, 0, &noise(90, 90, 3, 1)).is_err());
    writer.submit().unwrap();
    let got = engine.next().unwrap().unwrap().to_images("small").unwrap();
    let mut runner = Runner::new(pipeline(2, 0), &HOST, ExecutionConfig::default()).unwrap();
    assert_eq!(got, alone(&mut runner, &right));
}
