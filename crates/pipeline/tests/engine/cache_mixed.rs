//! A cache of engines over a pipeline that takes images of any sizes.

use crate::mixed::noise;
use crate::support::HOST;
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{Crop, CropBox, ImageShape, RandomResizedCrop, Resize, ResizedCrop, Sobel};
use pixelflume_pipeline::engine::{
    Batching, Engine, EngineCache, EngineError, EngineFactory, EngineSource, FrameError,
};
use pixelflume_pipeline::{
    BatchParameters, EngineConfig, ExecutionConfig, Image, Pipeline, PipelineBuilder, Runner,
};
use std::sync::Mutex;

/// A factory that notes the rooms of the engines that it makes; 0 for an engine of one set of shapes.
struct Noting {
    factory: EngineFactory,
    rooms: Mutex<Vec<usize>>,
}

impl Noting {
    fn new(pipeline: Pipeline, config: EngineConfig) -> Self {
        let memory = MemoryManager::new(&HOST, MemoryConfig::default());
        Noting {
            factory: EngineFactory::new(pipeline, &memory, config).unwrap(),
            rooms: Mutex::default(),
        }
    }

    fn note(&self, engine: Engine) -> Engine {
        let room = engine.room_bytes().unwrap_or(0);
        self.rooms.lock().unwrap().push(room);
        engine
    }

    fn rooms(&self) -> Vec<usize> {
        self.rooms.lock().unwrap().clone()
    }
}

impl EngineSource for Noting {
    fn batching(&self, shapes: &[ImageShape]) -> Batching {
        self.factory.batching(shapes)
    }

    fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_frames(shapes)
    }

    fn make(&self, shapes: &[ImageShape], frames: u32, more: bool) -> Result<Engine, EngineError> {
        Ok(self.note(self.factory.make(shapes, frames, more)?))
    }

    fn make_mixed(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        bytes: usize,
        more: bool,
    ) -> Result<Engine, EngineError> {
        let engine = self.factory.make_mixed(shapes, frames, bytes, more)?;
        Ok(self.note(engine))
    }

    fn finish(&self, engine: &Engine) {
        self.factory.finish(engine);
    }
}

fn thumbnails() -> Pipeline {
    let mut builder = PipelineBuilder::new("thumbnails");
    let input = builder.input("photos").unwrap();
    let small = builder.then(input, "small", Resize::new(12, 8).unwrap());
    builder
        .then(small.unwrap(), "edges", Sobel::magnitude())
        .unwrap();
    builder.build().unwrap()
}

/// Submits batches of images of one key, and gives the results of each.
fn run(source: &Noting, batches: &[(Vec<Image>, bool)]) -> Vec<Vec<Image>> {
    let (mut cache, mut results) = EngineCache::new(source);
    let name = source
        .factory
        .pipeline()
        .outputs()
        .next()
        .unwrap()
        .to_owned();
    std::thread::scope(|scope| {
        let consumer = scope.spawn(move || {
            let mut taken = Vec::new();
            while let Some(batch) = results.next() {
                assert_eq!(batch.tag, taken.len());
                let lease = batch.result.unwrap().unwrap();
                taken.push(lease.to_images(&name).unwrap());
            }
            taken
        });
        for (number, (images, more)) in batches.iter().enumerate() {
            let bytes = images
                .iter()
                .map(|image| source.batching(&[image.shape()]).frame_bytes);
            let shapes = [images[0].shape()];
            let begun = cache.begin_mixed(&shapes, images.len(), bytes.sum(), *more);
            let mut batch = begun.unwrap();
            for image in images {
                batch.push(&[image]).unwrap();
            }
            batch.submit(number).unwrap();
        }
        cache.finish();
        consumer.join().unwrap()
    })
}

fn assert_right(source: &Noting, batches: &[(Vec<Image>, bool)], got: &[Vec<Image>]) {
    let pipeline = source.factory.pipeline().clone();
    let name = pipeline.outputs().next().unwrap().to_owned();
    let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
    for ((images, _), got) in batches.iter().zip(got) {
        assert_eq!(images.len(), got.len());
        for (image, got) in images.iter().zip(got) {
            assert_eq!(
                *got,
                runner.run(&[image]).unwrap().images(&name).unwrap()[0]
            );
        }
    }
    let memory = source.factory.memory().statistics();
    assert_eq!((memory.device.in_use, memory.pinned.in_use), (0, 0));
}

#[test]
fn one_engine_serves_all_sizes_of_a_format() {
    let source = Noting::new(thumbnails(), EngineConfig::new().max_batch(4));
    let size = |n: u64| (9 + n as u32 * 7 % 40, 50 - n as u32 * 5 % 41);
    let image = |n: u64, channels| noise(size(n).0, size(n).1, channels, n);
    let batches: Vec<_> = (0..30)
        .map(|n| {
            let channels = if n % 5 == 4 { 1 } else { 3 };
            (
                (0..1 + n % 4)
                    .map(|at| image(4 * n + at, channels))
                    .collect(),
                true,
            )
        })
        .collect();
    let got = run(&source, &batches);
    // One for color, and one for gray images, with the least room for many batches.
    assert_eq!(source.rooms(), [8 << 20, 8 << 20]);
    assert_eq!(source.factory.not_mixed(&[ImageShape::u8(5, 5, 3)]), None);
    assert_right(&source, &batches, &got);
}

#[test]
fn rooms_grow_with_the_batches_and_a_larger_image_has_one_of_its_own() {
    let config = EngineConfig::new().max_batch(4).mixed_bytes(24 << 20);
    let source = Noting::new(thumbnails(), config);
    let batching = |width, height| source.batching(&[ImageShape::u8(width, height, 3)]);
    assert_eq!(batching(2000, 2000).key, batching(10, 10).key);
    assert_eq!(batching(2000, 2000).frame_bytes, 12_000_000);
    assert_eq!(batching(2000, 2000).max_bytes, 24 << 20);
    assert_ne!(batching(3000, 3000).key, batching(10, 10).key);
    assert_eq!(batching(3000, 3000).max_bytes, 27_000_064);
    assert!(batching(3000, 3000).key.is_mixed());
    let color = |width, height| noise(width, height, 3, 1);
    let batches = vec![
        // A room for exactly this batch.
        (vec![color(20, 20), color(30, 9)], false),
        // More of them.
        (vec![color(40, 20)], true),
        // Does not fit into 8 MiB.
        (vec![color(2000, 2000), color(10, 10)], true),
        (vec![color(11, 11)], false),
        // Fits into no room of the setting.
        (vec![color(3000, 3000)], true),
        (vec![color(12, 12)], true),
    ];
    let got = run(&source, &batches);
    assert_eq!(source.rooms(), [1280 + 1024, 8 << 20, 24 << 20, 27_000_064]);
    assert_right(&source, &batches, &got);
}

#[test]
fn an_image_that_a_node_refuses_leaves_the_others_of_its_batch() {
    let mut builder = PipelineBuilder::new("corner");
    let input = builder.input("photos").unwrap();
    builder
        .then(input, "corner", Crop::new(5, 5, 4, 4).unwrap())
        .unwrap();
    let source = Noting::new(builder.build().unwrap(), EngineConfig::new());
    // Asked first about an image that is too small, which says nothing of others.
    let small = noise(6, 6, 3, 1);
    assert!(!source.batching(&[small.shape()]).key.is_mixed());
    assert_eq!(source.factory.not_mixed(&[small.shape()]), None);
    let (cache, mut results) = EngineCache::new(&source);
    let mut cache = cache;
    let shape = ImageShape::u8(20, 20, 3);
    let mut batch = cache.begin_mixed(&[shape], 3, 8192, true).unwrap();
    batch.push(&[&noise(20, 20, 3, 2)]).unwrap();
    let refused = batch.push(&[&small]).unwrap_err();
    assert!(matches!(refused, FrameError::Image(_)), "{refused}");
    batch.push(&[&noise(9, 9, 3, 3)]).unwrap();
    batch.submit(()).unwrap();
    let taken = results.next().unwrap();
    assert_eq!(taken.result.as_ref().unwrap().as_ref().unwrap().frames(), 2);
    drop(taken);
    cache.finish();
    // Now the format is known, and the small image shares its key.
    assert!(source.batching(&[small.shape()]).key.is_mixed());
}

#[test]
fn a_pipeline_without_chains_has_an_engine_for_each_shape_and_says_why() {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("photos").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    let source = Noting::new(builder.build().unwrap(), EngineConfig::new());
    let batches = vec![
        (vec![noise(20, 20, 1, 1)], true),
        (vec![noise(21, 20, 1, 1)], true),
    ];
    let got = run(&source, &batches);
    assert_eq!(source.rooms(), [0, 0]);
    let reason = source
        .factory
        .not_mixed(&[ImageShape::u8(9, 9, 1)])
        .unwrap();
    assert!(reason.contains("\"edges\" (sobel)"), "{reason}");
    assert_right(&source, &batches, &got);
}

#[test]
fn operators_that_differ_from_image_to_image_have_engines_also_for_one_shape() {
    let mut builder = PipelineBuilder::new("drawn");
    let input = builder.input("photos").unwrap();
    let crop = RandomResizedCrop::new(8, 6).unwrap();
    builder.then(input, "crop", crop).unwrap();
    let source = Noting::new(builder.build().unwrap(), EngineConfig::new().first_index(5));
    let image = noise(30, 20, 3, 1);
    let engine = source.make(&[image.shape()], 2, true).unwrap();
    assert_eq!(engine.room_bytes(), Some(2 * 2048));
    engine.submit(&[&image, &image]).unwrap();
    let lease = engine.next().unwrap().unwrap();
    let got = lease.to_images("crop").unwrap();
    let pipeline = source.factory.pipeline().clone();
    let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
    runner.set_index(5);
    assert_eq!(
        got,
        runner
            .run(&[&image, &image])
            .unwrap()
            .images("crop")
            .unwrap()
    );
}

/// A cache of engines for a pipeline whose boxes are given with each image: images of two formats and of any sizes.
#[test]
fn values_are_given_with_each_image_of_a_cache() {
    let mut builder = PipelineBuilder::new("crops");
    let input = builder.input("photos").unwrap();
    builder
        .then(input, "crop", ResizedCrop::given(8, 6).unwrap())
        .unwrap();
    let pipeline = builder.build().unwrap();
    let memory = MemoryManager::new(&HOST, MemoryConfig::default());
    let factory = || {
        let config = EngineConfig::new().max_batch(4);
        EngineFactory::new(pipeline.clone(), &memory, config).unwrap()
    };
    let shape = ImageShape::u8(40, 30, 3);
    assert!(factory().not_mixed(&[shape]).is_some());
    let mut two = BatchParameters::new(&pipeline);
    two.set("crop", "box", 4, &[0.0; 8]).unwrap();
    assert!(factory().with_values(&two).is_err(), "two images");
    let mut example = BatchParameters::new(&pipeline);
    let corner = [0.0, 0.0, 4.0, 4.0];
    example.set("crop", "box", 4, &corner).unwrap();
    let factory = factory().with_values(&example).unwrap();
    assert_eq!(factory.not_mixed(&[shape]), None);
    assert_eq!(factory.result_bytes(&[shape]), 8 * 6 * 3);
    let boxes = factory.image_parameter("crop", "box").unwrap();
    assert!(factory.image_parameter("crop", "bix").is_err());

    let box_of = |n: u32| CropBox::new(n % 3, n % 5, 4 + n % 7, 5 + n % 4);
    let images: Vec<Image> = (0..12)
        .map(|n| {
            let channels = if n % 4 == 3 { 1 } else { 3 };
            noise(12 + n * 3, 40 - n, channels, n.into())
        })
        .collect();
    let (mut cache, mut results) = EngineCache::new(&factory);
    let got: Vec<Image> = std::thread::scope(|scope| {
        let consumer = scope.spawn(move || {
            let mut taken = Vec::new();
            while let Some(batch) = results.next() {
                let lease = batch.result.unwrap().unwrap();
                taken.extend(lease.to_images("crop").unwrap());
            }
            taken
        });
        for (n, image) in images.iter().enumerate() {
            let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
            let crop = box_of(n as u32);
            let values = [crop.x, crop.y, crop.width, crop.height].map(f64::from);
            batch.writer().give(0, boxes, &values).unwrap();
            batch.push(&[image]).unwrap();
            batch.submit(n).unwrap();
        }
        cache.finish();
        consumer.join().unwrap()
    });
    assert_eq!(got.len(), images.len());
    for (n, (image, got)) in images.iter().zip(&got).enumerate() {
        let crop = ResizedCrop::new(box_of(n as u32), 8, 6).unwrap();
        let mut builder = PipelineBuilder::new("one");
        let input = builder.input("photo").unwrap();
        builder.then(input, "crop", crop).unwrap();
        let pipeline = builder.build().unwrap();
        let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
        let expected = runner.run(&[image]).unwrap();
        assert_eq!(*got, expected.images("crop").unwrap()[0], "image {n}");
    }
}
