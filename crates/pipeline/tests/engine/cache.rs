//! Engines for batches of many shapes.

use pixelflume_device::Device;
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{ImageShape, Sobel};
use pixelflume_pipeline::engine::{
    CacheError, CachedResults, Engine, EngineCache, EngineError, EngineFactory, EngineSource,
    FailureCause, SubmitError,
};
use pixelflume_pipeline::{EngineConfig, ExecutionConfig, Image, PipelineBuilder, Runner};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A factory that counts.
struct Counting {
    factory: EngineFactory,
    made: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Counting {
    fn new(config: MemoryConfig) -> Self {
        let mut builder = PipelineBuilder::new("edges");
        let input = builder.input("input").unwrap();
        builder.then(input, "edges", Sobel::magnitude()).unwrap();
        let memory = MemoryManager::new(&Device::host(), config);
        let engines = EngineConfig::new().max_batch(4);
        Counting {
            factory: EngineFactory::new(builder.build().unwrap(), &memory, engines).unwrap(),
            made: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        }
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn assert_all_ended(&self) {
        assert_eq!(self.open.load(Ordering::SeqCst), 0);
        assert_eq!(self.factory.memory().statistics().device.in_use, 0);
        assert_eq!(self.factory.memory().statistics().pinned.in_use, 0);
    }
}

impl EngineSource for Counting {
    fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_frames(shapes)
    }

    fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let engine = self.factory.make(shapes, frames, more_follow)?;
        self.made.fetch_add(1, Ordering::SeqCst);
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        Ok(engine)
    }

    fn finish(&self, engine: &Engine) {
        self.factory.finish(engine);
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn image(width: u32, height: u32, seed: usize) -> Image {
    Image::from_fn(width, height, 1, |x, y, _| {
        (x as usize * 31 + y as usize * 17 + seed * 7) as u8
    })
    .unwrap()
}

/// Submits one batch for each list of images, of one shape, with its index as the tag.
fn submit<S: EngineSource>(mut cache: EngineCache<'_, S, usize>, batches: &[Vec<Image>]) {
    for (index, images) in batches.iter().enumerate() {
        let mut batch = cache
            .begin(&[images[0].shape()], images.len(), true)
            .unwrap();
        for image in images {
            batch.push(&[image]).unwrap();
        }
        batch.submit(index).unwrap();
    }
    cache.finish();
}

fn take(mut results: CachedResults<usize>) -> Vec<(usize, Vec<Image>)> {
    let mut taken = Vec::new();
    while let Some(batch) = results.next() {
        assert!(batch.stopped.is_none());
        let lease = batch.result.unwrap().unwrap();
        taken.push((batch.tag, lease.to_images("edges").unwrap()));
    }
    taken
}

#[test]
fn results_of_many_shapes_come_in_the_order_of_submission() {
    let source = Counting::new(MemoryConfig::default());
    let batches: Vec<Vec<Image>> = (0..60)
        .map(|n| {
            let (width, height) = (3 + (n * n) as u32 % 7, 2 + n as u32 % 2);
            (0..1 + n % 4)
                .map(|frame| image(width, height, n + frame))
                .collect()
        })
        .collect();
    let (cache, results) = EngineCache::new(&source);
    let taken = std::thread::scope(|scope| {
        let consumer = scope.spawn(|| take(results));
        submit(cache.with_max_engines(3), &batches);
        consumer.join().unwrap()
    });
    let pipeline = source.factory.pipeline().clone();
    let mut runner = Runner::new(pipeline, &Device::host(), ExecutionConfig::default()).unwrap();
    assert_eq!(taken.len(), batches.len());
    for (index, (tag, edges)) in taken.iter().enumerate() {
        assert_eq!(*tag, index);
        let frames: Vec<&Image> = batches[index].iter().collect();
        let expected = runner.run(&frames).unwrap();
        assert_eq!(edges, expected.images("edges").unwrap());
    }
    assert_eq!(source.most_open.load(Ordering::SeqCst), 3);
    source.assert_all_ended();
}

#[test]
fn the_least_recently_used_engine_is_drained_first() {
    let source = Counting::new(MemoryConfig::default());
    // With two engines: the second use of 4 finds its engine, 6 takes the place of 5, and 5 that of 4.
    let made = [(4, 1), (5, 2), (4, 2), (6, 3), (4, 3), (5, 4)];
    let (cache, results) = EngineCache::new(&source);
    let mut cache = cache.with_max_engines(2);
    std::thread::scope(|scope| {
        scope.spawn(|| take(results));
        for (index, (width, made)) in made.into_iter().enumerate() {
            let image = image(width, 3, 0);
            let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
            batch.push(&[&image]).unwrap();
            batch.submit(index).unwrap();
            assert_eq!(source.made(), made, "batch {index}");
        }
        cache.finish();
    });
    source.assert_all_ended();
}

#[test]
fn an_engine_for_one_batch_gives_way_to_one_for_many() {
    let source = Counting::new(MemoryConfig::default());
    let (mut cache, results) = EngineCache::new(&source);
    let shapes = [ImageShape::u8(6, 5, 1)];
    std::thread::scope(|scope| {
        let consumer = scope.spawn(|| take(results));
        for (index, (frames, made)) in [(1, 1), (1, 1), (3, 2), (4, 2)].into_iter().enumerate() {
            let mut batch = cache.begin(&shapes, frames, false).unwrap();
            assert_eq!(batch.is_single(), made == 1);
            for frame in 0..frames {
                batch.push(&[&image(6, 5, frame)]).unwrap();
            }
            batch.submit(index).unwrap();
            assert_eq!(source.made(), made);
        }
        cache.finish();
        let frames = consumer.join().unwrap().into_iter();
        assert_eq!(
            frames.map(|(_, edges)| edges.len()).collect::<Vec<_>>(),
            [1, 1, 3, 4]
        );
    });
    source.assert_all_ended();
}

#[test]
fn where_memory_is_short_other_engines_are_drained() {
    // Room for an engine of a large shape with three batches in flight, 960,000 bytes, but not for another one beside it, not
    // even with one.
    let source = Counting::new(MemoryConfig::default().with_limit(1_200_000));
    let batches: Vec<Vec<Image>> = [(200, 200), (16, 16), (201, 200), (16, 16), (200, 200)]
        .into_iter()
        .map(|(width, height)| vec![image(width, height, 0)])
        .collect();
    let (cache, results) = EngineCache::new(&source);
    std::thread::scope(|scope| {
        let consumer = scope.spawn(|| take(results));
        submit(cache, &batches);
        assert_eq!(consumer.join().unwrap().len(), batches.len());
    });
    // Three shapes, of which at least the first had to be made again.
    assert!(source.made() > 3, "{}", source.made());
    source.assert_all_ended();
    let (mut cache, _results) = EngineCache::<_, usize>::new(&source);
    let error = cache.begin(&[ImageShape::u8(2000, 2000, 1)], 1, true);
    let error = error.unwrap_err();
    assert!(error.is_shortage() && !error.is_fatal(), "{error}");
}

/// There is memory for an engine of one batch of up to three images, and none for one of many, which has room for the largest batch also with one lane.
#[test]
fn where_there_is_no_memory_for_many_batches_an_engine_takes_one() {
    // One for many takes 320,000 bytes with one lane, one for a single batch of three images 240,000.
    let source = Counting::new(MemoryConfig::default().with_limit(300_000));
    let shapes = [ImageShape::u8(200, 200, 1)];
    // The frames of each batch, and the engines that were made by then.
    let batches = [(1, 1), (1, 1), (3, 2), (2, 2), (3, 2), (2, 3)];
    let (mut cache, results) = EngineCache::new(&source);
    let taken = std::thread::scope(|scope| {
        let consumer = scope.spawn(|| take(results));
        for (index, (frames, made)) in batches.into_iter().enumerate() {
            if index == 5 {
                // There is no engine for the largest batch, and that for the one before was drained for it.
                let error = cache.begin(&shapes, 4, true).unwrap_err();
                assert!(error.is_shortage() && !error.is_fatal(), "{error}");
            }
            let mut batch = cache.begin(&shapes, frames, true).unwrap();
            assert!(batch.is_single());
            for frame in 0..frames {
                batch.push(&[&image(200, 200, index + frame)]).unwrap();
            }
            batch.submit(index).unwrap();
            assert_eq!(source.made(), made, "batch {index}");
        }
        cache.finish();
        consumer.join().unwrap()
    });
    let pipeline = source.factory.pipeline().clone();
    let mut runner = Runner::new(pipeline, &Device::host(), ExecutionConfig::default()).unwrap();
    assert_eq!(taken.len(), batches.len());
    for (index, ((tag, edges), (frames, _))) in taken.iter().zip(batches).enumerate() {
        assert_eq!(*tag, index);
        let images: Vec<Image> = (0..frames)
            .map(|frame| image(200, 200, index + frame))
            .collect();
        let expected = runner.run(&images.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(edges, expected.images("edges").unwrap());
    }
    assert_eq!(source.most_open.load(Ordering::SeqCst), 1);
    source.assert_all_ended();
}

#[test]
fn a_failed_batch_has_its_place_and_its_tag() {
    let source = Counting::new(MemoryConfig::default());
    let (mut cache, mut results) = EngineCache::new(&source);
    let image = image(4, 3, 0);
    for tag in ["first", "second"] {
        let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
        batch.push(&[&image]).unwrap();
        batch.fail("not decoded", tag).unwrap();
    }
    for tag in ["first", "second"] {
        let batch = results.next().unwrap();
        assert_eq!(batch.tag, tag);
        let failure = batch.result.unwrap().unwrap_err();
        assert!(matches!(failure.cause, FailureCause::Producer(reason) if reason == "not decoded"));
    }
    // A batch that is dropped has no result; without a consumer the cache ends all the same.
    drop(cache.begin(&[image.shape()], 1, true).unwrap());
    drop(results);
    let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
    batch.push(&[&image]).unwrap();
    batch.submit("third").unwrap();
    cache.finish();
    source.assert_all_ended();
}

/// The factory takes 4 frames at most.
#[test]
fn a_batch_of_more_frames_than_possible_keeps_its_engine() {
    for more_follow in [true, false] {
        let source = Counting::new(MemoryConfig::default());
        let (mut cache, _results) = EngineCache::<_, usize>::new(&source);
        let image = image(6, 5, 0);
        for frames in [9, usize::MAX, 0] {
            let mut batch = cache.begin(&[image.shape()], frames, more_follow).unwrap();
            for _ in 0..4 {
                batch.push(&[&image]).unwrap();
            }
            assert!(batch.push(&[&image]).is_err());
            drop(batch);
            assert_eq!(source.made(), 1, "{frames} frames");
        }
        drop(
            cache
                .begin(&[ImageShape::u8(3, 3, 1)], 0, more_follow)
                .unwrap(),
        );
        cache.finish();
        source.assert_all_ended();
    }
}

#[test]
fn extreme_shapes_and_sizes_of_batches_are_errors_or_work() {
    let source = Counting::new(MemoryConfig::default());
    let (mut cache, _results) = EngineCache::<_, usize>::new(&source);
    let shape = ImageShape::u8(u32::MAX, u32::MAX, u32::MAX);
    let error = cache.begin(&[shape], 1, true).map(drop).unwrap_err();
    assert!(!error.is_fatal(), "{error}");
    cache.finish();
    for (bytes, most) in [(0, 1), (usize::MAX, 4)] {
        let mut source = Counting::new(MemoryConfig::default());
        source.factory = source.factory.with_batch_bytes(bytes);
        let shapes = [ImageShape::u8(6, 5, 1)];
        assert_eq!(source.max_frames(&shapes), most);
        let engine = source.make(&shapes, most, true).unwrap();
        source.finish(&engine);
    }
}

#[test]
fn a_thread_that_holds_all_leases_is_told_and_can_go_on() {
    let source = Counting::new(MemoryConfig::default());
    let (mut cache, mut results) = EngineCache::new(&source);
    let image = image(6, 5, 0);
    let mut leases = Vec::new();
    let error = loop {
        match cache.begin(&[image.shape()], 1, true) {
            Ok(mut batch) => {
                batch.push(&[&image]).unwrap();
                batch.submit(()).unwrap();
            }
            Err(error) => break error,
        }
        leases.push(results.next().unwrap().result.unwrap().unwrap());
        assert!(leases.len() < 100, "leases are not bounded");
    };
    assert!(matches!(
        &error,
        CacheError::Submit(SubmitError::Deadlock { .. })
    ));
    assert!(!error.is_fatal(), "{error}");
    leases.clear();
    drop(cache.begin(&[image.shape()], 1, true).unwrap());
    cache.finish();
    source.assert_all_ended();
}
