//! Engines over pipelines whose nodes differ from image to image and are no chain for images of any sizes: batches are executed in
//! groups, with the results of a runner.

use crate::mixed::noise;
use crate::support::HOST;
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    AbsDiff, Erase, Flip, GaussianBlur, ImageContext, ImageShape, Operator, OperatorError, Plan,
    RandomAffine, RandomErasing, RandomFlip, Resize, Sobel, Threshold,
};
use pixelflume_pipeline::engine::{
    Engine, EngineCache, EngineFactory, FailureCause, FrameError, Shutdown,
};
use pixelflume_pipeline::{
    BatchOutputs, BatchParameters, EngineConfig, ExecutionConfig, Image, Input, Pipeline,
    PipelineBuilder, PipelineError, Runner,
};
use proptest::prelude::*;
use std::sync::Arc;

fn checked() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

fn of(nodes: Vec<(&str, Arc<dyn Operator>)>) -> Pipeline {
    let mut builder = PipelineBuilder::new("drawn");
    let mut port = builder.input("photos").unwrap();
    for (name, operator) in nodes {
        let node = builder.add_boxed(name, operator).unwrap();
        builder.connect(port, node).unwrap();
        port = node;
    }
    builder.build().unwrap()
}

/// A graph of a few nodes with at least one that draws, whose outputs have the size of its input.
fn random_pipeline(random: &mut Random) -> Pipeline {
    let mut builder = PipelineBuilder::new("random");
    // Those whose images have the shape of the last one's.
    let mut ports = vec![builder.input("photos").unwrap()];
    let nodes = random.within(1, 5);
    let drawn = random.within(0, nodes - 1);
    for index in 0..nodes {
        let from = *ports.last().unwrap();
        let name = format!("n{index}");
        let kind = match index == drawn {
            true => random.within(0, 2),
            false => random.within(0, 6),
        };
        let operator: Arc<dyn Operator> = match kind {
            0 => Arc::new(RandomFlip::new(0.5, 0.3).unwrap()),
            1 => Arc::new(RandomErasing::new(0.7).unwrap()),
            2 => Arc::new(RandomAffine::new([-30.0, 30.0]).unwrap()),
            3 => Arc::new(GaussianBlur::new(3).unwrap()),
            4 => Arc::new(Sobel::magnitude()),
            5 => Arc::new(Threshold::new(random.byte())),
            _ => {
                let other = ports[random.within(0, ports.len() as u32 - 1) as usize];
                let node = builder.add(&name, AbsDiff::new()).unwrap();
                builder.connect(from, node).unwrap();
                builder.connect(other, node).unwrap();
                ports.push(node);
                continue;
            }
        };
        let node = builder.add_boxed(&name, operator).unwrap();
        builder.connect(from, node).unwrap();
        if kind == 4 {
            // It may have made one channel of three.
            ports.clear();
        }
        ports.push(node);
    }
    builder.build().unwrap()
}

fn runner(pipeline: &Pipeline) -> Runner {
    Runner::new(pipeline.clone(), &HOST, ExecutionConfig::default()).unwrap()
}

/// What a runner makes of a batch of images with these numbers in this pass.
fn expected(runner: &mut Runner, images: &[Image], indices: &[u64], epoch: u64) -> BatchOutputs {
    let all: Vec<&Image> = images.iter().collect();
    let parameters = BatchParameters::new(runner.pipeline())
        .with_indices(indices)
        .with_epoch(epoch);
    let mut outputs = BatchOutputs::default();
    runner
        .run_with(&[Input::Images(&all)], &parameters, &mut outputs)
        .unwrap();
    outputs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batches_have_the_results_of_a_runner(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let pipeline = random_pipeline(random);
        let shape = ImageShape::u8(random.within(3, 30), random.within(3, 30), 3);
        let most = random.within(1, 6);
        let on_device = random.within(0, 1) == 0;
        let config = EngineConfig::new()
            .max_batch(most)
            .in_flight(random.within(1, 3) as usize)
            .device_outputs(on_device)
            .first_index(100);
        let engine = Engine::new(pipeline.clone(), &checked(), &[shape], config).unwrap();
        let mut runner = runner(&pipeline);
        let mut counted = 100;
        for batch in 0..4 {
            let frames = random.within(1, most) as usize;
            let images: Vec<Image> = (0..frames)
                .map(|frame| noise(shape.width, shape.height, 3, seed ^ (batch * 10 + frame as u64)))
                .collect();
            let epoch = u64::from(random.within(0, 2));
            let mut indices: Vec<u64> = (counted..).take(frames).collect();
            let mut writer = engine.begin_batch().unwrap();
            writer.set_epoch(epoch);
            for (frame, image) in images.iter().enumerate() {
                if random.within(0, 2) == 0 {
                    indices[frame] = random.within(0, 1000).into();
                    writer.set_index(frame, indices[frame]).unwrap();
                }
                writer.push(image).unwrap();
            }
            writer.submit().unwrap();
            counted += frames as u64;
            let lease = engine.next().unwrap().unwrap();
            let expected = expected(&mut runner, &images, &indices, epoch);
            for (index, output) in pipeline.outputs().enumerate() {
                let got = match on_device {
                    true => lease.tensors()[index].to_images().unwrap(),
                    false => lease.to_images(output).unwrap(),
                };
                prop_assert_eq!(&got[..], expected.images(output).unwrap());
            }
        }
        prop_assert_eq!(engine.shutdown(Shutdown::Drain).completed, 4);
    }
}

#[test]
fn a_cache_takes_images_of_any_sizes_and_gives_the_results_in_order() {
    let pipeline = of(vec![("flip", Arc::new(RandomFlip::new(0.5, 0.5).unwrap()))]);
    let memory = MemoryManager::new(&checked(), MemoryConfig::default());
    let config = EngineConfig::new().max_batch(3);
    let factory = EngineFactory::new(pipeline.clone(), &memory, config).unwrap();
    let images: Vec<Image> = (0..24)
        .map(|n| noise(5 + n % 6 * 3, 20 - n % 5, 3, n.into()))
        .collect();
    let (mut cache, mut results) = EngineCache::new(&factory);
    std::thread::scope(|scope| {
        let (images, pipeline) = (&images, &pipeline);
        let consumer = scope.spawn(move || {
            let mut runner = runner(pipeline);
            let mut next = 0;
            while let Some(batch) = results.next() {
                assert_eq!(batch.tag, next);
                let lease = batch.result.unwrap().unwrap();
                let image = std::slice::from_ref(&images[next]);
                let expected = expected(&mut runner, image, &[next as u64], 0);
                assert_eq!(
                    lease.to_images("flip").unwrap(),
                    expected.images("flip").unwrap()
                );
                next += 1;
            }
            next
        });
        for (number, image) in images.iter().enumerate() {
            let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
            batch.writer().set_index(0, number as u64).unwrap();
            batch.push(&[image]).unwrap();
            batch.submit(number).unwrap();
        }
        cache.finish();
        assert_eq!(consumer.join().unwrap(), images.len());
    });
    let left = memory.statistics();
    assert_eq!((left.device.in_use, left.pinned.in_use), (0, 0));
}

#[test]
fn values_are_given_for_each_image_of_a_batch() {
    let pipeline = of(vec![
        ("hole", Arc::new(Erase::given())),
        ("flip", Arc::new(Flip::given())),
    ]);
    let shape = ImageShape::u8(12, 9, 3);
    let memory = MemoryManager::new(&checked(), MemoryConfig::default());
    let without = Engine::with_memory(pipeline.clone(), &memory, &[shape], EngineConfig::new());
    assert!(without.is_err(), "{without:?}");
    let mut example = BatchParameters::new(&pipeline);
    let hole = [0.0, 0.0, 1.0, 1.0];
    let (erased, flipped) = ("box", "axis");
    example.set("hole", erased, 4, &hole).unwrap();
    example.set("flip", flipped, 1, &[0.0]).unwrap();
    let engine = Engine::with_values(
        pipeline.clone(),
        &memory,
        &[shape],
        &example,
        EngineConfig::new().max_batch(4),
    )
    .unwrap();
    let images: Vec<Image> = (0..4).map(|n| noise(12, 9, 3, n)).collect();
    let holes = [
        [1.0, 2.0, 3.0, 4.0],
        [0.0, 0.0, 12.0, 9.0],
        [1.0, 2.0, 3.0, 4.0],
        [5.0, 5.0, 2.0, 2.0],
    ];
    let axes = [1.0, 0.0, 1.0, 2.0];
    let hole = engine.image_parameter("hole", erased).unwrap();
    let axis = engine.image_parameter("flip", flipped).unwrap();
    let mut writer = engine.begin_batch().unwrap();
    for (frame, image) in images.iter().enumerate() {
        writer.give(frame, hole, &[9.0; 4]).unwrap();
        writer.give(frame, hole, &holes[frame]).unwrap();
        writer.give(frame, axis, &[axes[frame]]).unwrap();
        writer.push(image).unwrap();
    }
    writer.submit().unwrap();
    let got = engine.next().unwrap().unwrap().to_images("flip").unwrap();
    let mut parameters = BatchParameters::new(&pipeline);
    let all = holes.as_flattened();
    parameters.set("hole", erased, 4, all).unwrap();
    parameters.set("flip", flipped, 1, &axes).unwrap();
    let mut outputs = BatchOutputs::default();
    let images: Vec<&Image> = images.iter().collect();
    runner(&pipeline)
        .run_with(&[Input::Images(&images)], &parameters, &mut outputs)
        .unwrap();
    assert_eq!(got, outputs.images("flip").unwrap());
    // A rectangle outside of the second image fails the batch, and the next batch goes on.
    let mut writer = engine.begin_batch().unwrap();
    for frame in 0..2 {
        let outside = [11.0 * frame as f64, 0.0, 5.0, 5.0];
        writer.give(frame, hole, &outside).unwrap();
        writer.give(frame, axis, &[0.0]).unwrap();
        writer.push(images[0]).unwrap();
    }
    writer.submit().unwrap();
    let failure = engine.next().unwrap().unwrap_err();
    let FailureCause::Pipeline(error) = &failure.cause else {
        panic!("{failure}");
    };
    let PipelineError::FrameOperator { frame: 1, .. } = &**error else {
        panic!("{error}");
    };
    let mut writer = engine.begin_batch().unwrap();
    writer.give(0, hole, &holes[0]).unwrap();
    writer.give(0, axis, &axes[..1]).unwrap();
    writer.push(images[0]).unwrap();
    writer.submit().unwrap();
    let again = engine.next().unwrap().unwrap().to_images("flip").unwrap();
    assert_eq!(again, got[..1]);
}

#[test]
fn an_image_has_values_for_a_bounded_number_of_parameters() {
    let names: Vec<String> = (0..17).map(|n| format!("flip{n}")).collect();
    let flips = names.iter().map(|name| {
        let flip: Arc<dyn Operator> = Arc::new(Flip::given());
        (name.as_str(), flip)
    });
    let pipeline = of(flips.collect());
    let mut example = BatchParameters::new(&pipeline);
    for name in &names {
        example.set(name, "axis", 1, &[0.0]).unwrap();
    }
    let memory = MemoryManager::new(&HOST, MemoryConfig::default());
    let shape = [ImageShape::u8(4, 4, 3)];
    let made = Engine::with_values(pipeline, &memory, &shape, &example, EngineConfig::new());
    let error = made.unwrap_err().to_string();
    assert!(error.contains("more than 16 parameters"), "{error}");

    // An engine in which every node does the same to every image takes none.
    let pipeline = of(vec![("flip", Arc::new(Flip::given()))]);
    let mut example = BatchParameters::new(&pipeline);
    example.set("flip", "axis", 1, &[0.0]).unwrap();
    let config = EngineConfig::new();
    let flip = Engine::with_values(pipeline, &memory, &shape, &example, config).unwrap();
    let axis = flip.image_parameter("flip", "axis").unwrap();
    let resize = of(vec![("small", Arc::new(Resize::new(2, 2).unwrap()))]);
    let uniform = Engine::new(resize, &HOST, &shape, EngineConfig::new()).unwrap();
    let refused = uniform.begin_batch().unwrap().give(0, axis, &[1.0]);
    assert!(
        matches!(refused, Err(FrameError::Values { .. })),
        "{refused:?}"
    );
}

/// Makes images of another size of every second image.
#[derive(Debug)]
struct Alternating;

impl Operator for Alternating {
    fn kind(&self) -> &'static str {
        "alternating"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Resize::new(4, 4)?.plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        let side = 4 + (image.index % 2) as u32;
        Ok(Some(Arc::new(Resize::new(side, side)?)))
    }
}

#[test]
fn results_of_another_shape_fail_the_batch() {
    let pipeline = of(vec![("other", Arc::new(Alternating))]);
    let shape = ImageShape::u8(9, 9, 3);
    let config = EngineConfig::new().max_batch(3);
    let engine = Engine::new(pipeline, &checked(), &[shape], config).unwrap();
    let image = noise(9, 9, 3, 1);
    engine.submit(&[&image, &image, &image]).unwrap();
    let failure = engine.next().unwrap().unwrap_err();
    let FailureCause::Pipeline(error) = &failure.cause else {
        panic!("{failure}");
    };
    assert!(
        matches!(**error, PipelineError::OutputShapes { frame: 1, .. }),
        "{error}"
    );
    let mut writer = engine.begin_batch().unwrap();
    writer.set_index(0, 2).unwrap();
    writer.push(&image).unwrap();
    writer.submit().unwrap();
    assert_eq!(engine.next().unwrap().unwrap().frames(), 1);
}
